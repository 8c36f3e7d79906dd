"""What a thousand officers' pages ask of alert: `make bench-alerts`."""
