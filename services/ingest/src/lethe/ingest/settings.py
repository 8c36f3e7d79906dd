"""Settings of ingest."""

from pathlib import Path

from pydantic import Field

from lethe.runtime.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """What ingest needs beyond what every service needs."""

    seal_threads: int = Field(
        default=2, ge=1, title="Sealing threads", description="Threads that compress and seal."
    )
    frames_in_flight: int = Field(
        default=3,
        ge=1,
        title="Frames in flight",
        description="Per camera, when footage is taken as fast as it goes; one on a machine "
        "that is behind.",
    )
    camera_secrets_dir: Path | None = Field(
        default=None,
        title="Secrets",
        description="Folder with a file per secret of a camera: user:password. Closed to others.",
    )
    camera_ca_file: Path | None = Field(
        default=None,
        title="Cameras' CA",
        description="CA certificates for cameras' rtsps:// and https://, beside the system's.",
    )
