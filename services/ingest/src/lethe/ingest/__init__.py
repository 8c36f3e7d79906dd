"""Cameras in, sealed frames out."""
