"""How live sources are reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lethe.contracts.cameras import Transport
from lethe.ingest.sources.secrets import Credentials


def _no_login() -> Credentials | None:
    return None


@dataclass(frozen=True, slots=True)
class LiveAccess:
    """How a live source is reached.

    Attributes
    ----------
    login
        Gives its credentials, anew each time it is opened; None where it needs none.
    transport
        How RTSP brings its pictures.
    ca_file
        Certificates that vouch for the source's own, beside the system's.
    whole_jpeg
        Whether JPEGs may be passed on as they came.
    """

    login: Callable[[], Credentials | None] = field(default=_no_login, repr=False)
    transport: Transport = Transport.TCP
    ca_file: Path | None = None
    whole_jpeg: bool = False
