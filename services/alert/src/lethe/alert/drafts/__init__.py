"""Orders that wait to be signed: written by one person, authorised by another."""
