"""Settings that every service has, read from the environment (`LETHE_...`)."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TypedDict, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import SettingsError

from lethe.contracts.bounds import Name
from lethe.contracts.errors import InvalidInput
from lethe.runtime.broker_settings import BrokerSettings

_Settings = TypeVar("_Settings", bound=BrokerSettings)

SECRETS_DIR = "LETHE_SECRETS_DIR"
"""Names a folder in which a file named like a variable, in lower case, holds its value."""


class LogFormat(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


class Membership(TypedDict):
    """The settings with which a service joins key traffic."""

    instance_id: str
    roster_file: Path
    roster_root: str
    signing_key_file: Path
    allow_local_orders: bool
    predecessor: str | None
    supervised: bool


class ServiceSettings(BrokerSettings):
    """What every service needs to take part."""

    instance_id: Name = Field(
        title="Instance", description="Unique name of this instance, e.g. a pod's name."
    )
    roster_file: Path = Field(title="Roster", description="Signed roster, as mounted.")
    roster_root: str = Field(
        title="Roster root", description="Public key (hex) of the root that signs the roster."
    )
    signing_key_file: Path = Field(
        title="Signing key", description="This service's Ed25519 key; the file's name is its name."
    )
    http_host: str = Field(
        default="127.0.0.1", title="HTTP host", description="Where health and metrics are served."
    )
    http_port: int = Field(
        default=0, ge=0, le=65535, title="HTTP port", description="0 takes a free one."
    )
    budget_ms: int = Field(
        default=1000,
        ge=900,
        le=1000,
        title="Retention budget",
        description="T: no key outlives its ticket by more. Never above 1,000 ms.",
    )
    allow_local_orders: bool = Field(
        default=False,
        title="Local orders",
        description="Accept orders of type local. Off in production.",
    )
    session_timeout_ms: int = Field(
        default=1200,
        ge=1000,
        title="Group session",
        description="After this long without a heartbeat an instance loses its cameras, or the "
        "lead.",
    )
    predecessor: str | None = Field(
        default=None,
        title="Predecessor",
        description="JSON of the exit that the supervisor saw of this instance's last process.",
    )
    supervised: bool = Field(
        default=False, title="Supervised", description="Die with the parent process."
    )
    topics_roll: bool = Field(
        default=False,
        title="Rolling topics",
        description="Follow new generations of the live topics. For the embedded broker, which "
        "frees memory only when a topic is deleted; on any other nobody has a reason to open one.",
    )
    log_format: LogFormat = Field(
        default=LogFormat.JSON, title="Log format", description="json or console."
    )

    def membership(self) -> Membership:
        """Return what a service needs to join key traffic."""
        return Membership(
            instance_id=self.instance_id,
            roster_file=self.roster_file,
            roster_root=self.roster_root,
            signing_key_file=self.signing_key_file,
            allow_local_orders=self.allow_local_orders,
            predecessor=self.predecessor,
            supervised=self.supervised,
        )

    def identity(self, role: str, boot: str) -> dict[str, str]:
        """Return what the service tells of itself."""
        return {"instance_id": self.instance_id, "role": str(role), "boot": boot}

    def broker_options(self) -> dict[str, object]:
        """Return aiokafka's connection options; raises as `connection` does."""
        return self.connection(self.instance_id)


def load_settings(kind: type[_Settings]) -> _Settings:
    """Read a service's settings from the environment, and from files where it has none.

    Raises
    ------
    InvalidInput
        Naming every variable that is missing or wrong, in one line, without values.
    """
    folder = os.environ.get(SECRETS_DIR)
    if folder is not None and not Path(folder).is_dir():
        raise InvalidInput(f"settings: {SECRETS_DIR}: {folder} isn't a folder")
    try:
        return kind(_secrets_dir=folder)
    except ValidationError as error:
        faults = [
            f"LETHE_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            if fault["loc"]
            else fault["msg"]
            for fault in error.errors(include_input=False, include_url=False)
        ]
        raise InvalidInput("settings: " + "; ".join(faults)) from None
    except SettingsError as error:
        # A list or mapping that isn't JSON.
        # privacy: it names the field; its cause, which is cut off, has the value
        raise InvalidInput(f"settings: {error}; give it as JSON") from None
