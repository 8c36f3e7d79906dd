"""Looking at cameras before they are watched."""
