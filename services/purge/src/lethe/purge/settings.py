"""Settings of purge."""

from lethe.runtime.settings import ServiceSettings


class PurgeSettings(ServiceSettings):
    """Purge needs nothing beyond what every service needs."""
