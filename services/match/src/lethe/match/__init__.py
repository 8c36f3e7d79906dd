"""Sealed probes against a watchlist in Qdrant: candidates or nothing."""
