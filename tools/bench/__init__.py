"""`make bench`: the figures of the system, measured on this machine in one run."""
