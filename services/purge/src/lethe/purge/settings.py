"""Settings of purge."""

from pydantic import Field

from lethe.runtime.settings import ServiceSettings


class PurgeSettings(ServiceSettings):
    """What purge needs beyond what every service needs."""

    broker_deletes_records: bool = Field(
        default=True,
        title="Backstop",
        description="Have the broker delete sealed records that no key opens any more. "
        "Turn it off for a broker that can't, as the embedded one: that isn't found out by trying.",
    )
