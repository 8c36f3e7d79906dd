"""`lethe audit`: verifying and handing on who did what with personal data."""
