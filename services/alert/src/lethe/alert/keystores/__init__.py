"""Stores of data keys that can be erased one by one, and what each promises of it."""
