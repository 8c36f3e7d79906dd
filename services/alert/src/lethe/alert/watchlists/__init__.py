"""Watchlists: versions with their subjects, and the images that become references."""
