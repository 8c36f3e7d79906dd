"""What a run shows and reports: the table, the plain lines, the report file."""
