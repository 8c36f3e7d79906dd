"""Who did what with personal data: deeds, the chain they are kept in, and reading it."""
