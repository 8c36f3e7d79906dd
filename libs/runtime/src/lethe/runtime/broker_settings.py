"""How a client reaches the broker, read from the environment (`LETHE_BROKER...`)."""

import ssl
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lethe.contracts.errors import InvalidInput


class BrokerSecurity(StrEnum):
    """Kafka's security.protocol."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class BrokerSettings(BaseSettings):
    """Address, encryption and credentials; all that an administrator's client needs."""

    model_config = SettingsConfigDict(env_prefix="LETHE_", frozen=True, extra="ignore")

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

    @model_validator(mode="after")
    def _credentials_are_complete(self) -> Self:
        needs_password = self.broker_security.value.startswith("SASL")
        if needs_password and (self.broker_username is None or self.broker_password is None):
            raise ValueError("LETHE_BROKER_USERNAME and LETHE_BROKER_PASSWORD are needed with SASL")
        if (self.broker_certificate_file is None) != (self.broker_key_file is None):
            raise ValueError("a client certificate needs its key, and a key its certificate")
        return self

    def connection(self, client_id: str) -> dict[str, object]:
        """Return aiokafka's connection options.

        Raises
        ------
        InvalidInput
            If a certificate can't be read.
        """
        options: dict[str, object] = {
            "bootstrap_servers": self.broker,
            "security_protocol": self.broker_security.value,
            "client_id": client_id,
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
