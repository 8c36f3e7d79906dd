"""Watchlists on the command line: read, enrolled, looked after."""
