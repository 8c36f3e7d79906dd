"""Settings that every service has, read from the environment (`LETHE_...`)."""

import os
import ssl
from enum import StrEnum
from pathlib import Path
from typing import Self, TypedDict, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from lethe.contracts.errors import InvalidInput

_Settings = TypeVar("_Settings", bound="ServiceSettings")

SECRETS_DIR = "LETHE_SECRETS_DIR"
"""Names a folder in which a file named like a variable, in lower case, holds its value."""


class BrokerSecurity(StrEnum):
    """Kafka's security.protocol."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


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


class ServiceSettings(BaseSettings):
    """What every service needs to take part."""

    model_config = SettingsConfigDict(env_prefix="LETHE_", frozen=True, extra="ignore")

    instance_id: str = Field(
        title="Instance", description="Unique name of this instance, e.g. a pod's name."
    )
    broker: str = Field(
        default="127.0.0.1:9092", title="Broker", description="Kafka bootstrap servers, host:port."
    )
    broker_security: BrokerSecurity = Field(
        default=BrokerSecurity.PLAINTEXT,
        title="Broker security",
        description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
    )
    broker_ca_file: Path | None = Field(
        default=None,
        title="Broker CA",
        description="CA certificates for the broker's.",
    )
    broker_certificate_file: Path | None = Field(
        default=None, title="Client certificate", description="For mutual TLS with the broker."
    )
    broker_key_file: Path | None = Field(
        default=None, title="Client key", description="Private key of the client certificate."
    )
    broker_sasl_mechanism: str = Field(
        default="SCRAM-SHA-512", title="SASL mechanism", description="PLAIN, SCRAM-SHA-256 or -512."
    )
    broker_username: str | None = Field(
        default=None, title="SASL user", description="Principal that the broker's ACLs name."
    )
    broker_password: SecretStr | None = Field(
        default=None, title="SASL password", description="Best as a secret's file."
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
        default=3000,
        ge=1000,
        title="Group session",
        description="After this long without a heartbeat an instance loses its cameras.",
    )
    predecessor: str | None = Field(
        default=None,
        title="Predecessor",
        description="JSON of the exit that the supervisor saw of this instance's last process.",
    )
    supervised: bool = Field(
        default=False, title="Supervised", description="Die with the parent process."
    )
    log_format: LogFormat = Field(
        default=LogFormat.JSON, title="Log format", description="json or console."
    )

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Self:
        needs_password = self.broker_security.value.startswith("SASL")
        if needs_password and (self.broker_username is None or self.broker_password is None):
            raise ValueError("LETHE_BROKER_USERNAME and LETHE_BROKER_PASSWORD are needed with SASL")
        if (self.broker_certificate_file is None) != (self.broker_key_file is None):
            raise ValueError("a client certificate needs its key, and a key its certificate")
        return self

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
        """Return aiokafka's connection options.

        Raises
        ------
        InvalidInput
            If a certificate can't be read.
        """
        options: dict[str, object] = {
            "bootstrap_servers": self.broker,
            "security_protocol": self.broker_security.value,
            "client_id": self.instance_id,
        }
        if self.broker_security in (BrokerSecurity.SSL, BrokerSecurity.SASL_SSL):
            options["ssl_context"] = self._ssl_context()
        if self.broker_password is not None:
            options["sasl_mechanism"] = self.broker_sasl_mechanism
            options["sasl_plain_username"] = self.broker_username
            options["sasl_plain_password"] = self.broker_password.get_secret_value()
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.broker_ca_file)
            if self.broker_certificate_file is not None:
                context.load_cert_chain(self.broker_certificate_file, self.broker_key_file)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(
                f"broker TLS: {error.strerror or 'a certificate is unusable'}"
            ) from None
        return context


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
