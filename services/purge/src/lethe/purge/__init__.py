"""Custodian of keys and accountant of what was forgotten."""
