"""Receipts of what Lethe forgot: made by purge, verified by anybody, without the rest of Lethe."""
