"""docker-compose.yml without Docker: what it needs and runs, as processes of this machine."""
