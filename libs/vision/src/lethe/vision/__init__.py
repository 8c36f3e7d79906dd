"""Frames, faces, templates and model packs."""
