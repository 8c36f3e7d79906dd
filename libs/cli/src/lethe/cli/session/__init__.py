"""One run of `lethe watch`: watchlist, order, cameras, and waiting for the end."""
