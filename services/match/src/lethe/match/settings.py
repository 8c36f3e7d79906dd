"""Settings of match."""

from pathlib import Path

from pydantic import Field, SecretStr

from lethe.runtime.settings import ServiceSettings


class MatchSettings(ServiceSettings):
    """What match needs beyond what every service needs."""

    qdrant_url: str | None = Field(
        default=None,
        title="Qdrant",
        description="Address of a Qdrant server; without one, the local mode in memory.",
    )
    qdrant_api_key: SecretStr | None = Field(
        default=None, title="Qdrant key", description="API key of the server."
    )
    qdrant_ca_file: Path | None = Field(
        default=None, title="Qdrant CA", description="CA certificates for the server's."
    )
    batch_probes: int = Field(
        default=16, ge=1, title="Batch", description="Probes that are searched together at most."
    )
    resemblance_cosine: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        title="Resemblance",
        description="From this cosine on, references of two subjects look like one person.",
    )
    unlikeness_cosine: float = Field(
        default=0.3,
        ge=-1.0,
        le=1.0,
        title="Unlikeness",
        description="Below this cosine to a subject's other references, one is flagged.",
    )
