"""What importing watchlists and searching them costs."""
