"""The lethe command and the embedded stack."""
