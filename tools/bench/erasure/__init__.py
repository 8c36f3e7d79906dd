"""What forgetting takes, in time and in processor time: `make bench-erasure`."""
