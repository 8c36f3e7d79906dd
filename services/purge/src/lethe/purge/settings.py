"""Settings of purge."""

from pathlib import Path

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
    data_dir: Path = Field(
        title="Data folder",
        description="Folder of this instance: its receipts in receipts/, which go on from there "
        "after a start, and progress.json, behind which no order, roster or suspension goes back.",
    )
    suspend_after_s: float = Field(
        default=10.0,
        ge=1,
        le=40,
        title="Patience",
        description="Suspend a deployment when nobody could say so many seconds after its deadline "
        "what became of a copy of a key. A holder that crashed tells of it when it is back.",
    )
    receipts_key_file: Path = Field(
        title="Receipts key",
        description="Ed25519 key that receipts are signed with; auditors pin its public half.",
    )
