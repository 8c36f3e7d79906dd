"""Settings, logging, broker, errors, health, metrics and threads."""
