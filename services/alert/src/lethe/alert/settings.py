"""Settings of alert."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from lethe.alert.identity.claims import AUDIENCE, MOST_LIFE_S
from lethe.alert.identity.issuer import require_issuer_address
from lethe.contracts.errors import InvalidInput
from lethe.contracts.receipts import ErasurePromise
from lethe.receipts.asking import NamedWitness
from lethe.receipts.errors import BadInput
from lethe.receipts.origins import plain
from lethe.receipts.stored import FOLDER
from lethe.runtime.certificate import Certificate
from lethe.runtime.settings import ServiceSettings


class AlertSettings(ServiceSettings):
    """What alert needs beyond what every service needs."""

    data_dir: Path = Field(
        title="Data folder",
        description="For the database, the erasable key store and copies of receipts.",
    )
    key_dir: Path | None = Field(
        default=None,
        title="Key folder",
        description="Erasable key store, shared by all instances, best on tmpfs; `keys` in the "
        "data folder by default. Refused in a SQLite database's folder or a backed-up one.",
    )
    key_store: str | None = Field(
        default=None,
        title="Key store",
        description="Address of the store that has the keys instead of files: "
        "`pkcs11:token=LABEL?module-path=/path/to/module.so`, or one whose scheme an installed "
        "package brings. The key folder then has the retention clock only.",
    )
    key_store_secret: SecretStr | None = Field(
        default=None,
        title="Secret of the key store",
        description="PIN of the token's user, or whatever the store takes. Best as a file.",
    )
    key_store_promise: ErasurePromise | None = Field(
        default=None,
        title="Promise of the security module",
        description="What is left of a key that it destroyed, as you know of its maker: module, "
        "memory, overwritten or unlinked, which is taken for granted without it. It stands in "
        "receipts.",
    )
    backed_up_dirs: list[Path] = Field(
        default_factory=list,
        title="Backed-up folders",
        description="What backup programs copy: keys are refused a place in there.",
    )
    database_url: str | None = Field(
        default=None,
        title="Database",
        description="SQLAlchemy URL, shared by all instances; SQLite in the data folder's "
        "`database` by default.",
    )
    database_password: SecretStr | None = Field(
        default=None,
        title="Database password",
        description="Of the user in the URL, which then needs none. Best as a secret's file.",
    )
    cool_down_s: float = Field(
        default=30.0,
        ge=0.0,
        title="Cool-down",
        description="A subject on a camera is one alert until it wasn't sighted for so many "
        "seconds; 0 raises one per search.",
    )
    allowed_hosts: list[str] = Field(
        default_factory=list,
        title="Allowed hosts",
        description="Host names under which the page is reached, beside the loopback ones.",
    )
    http_certificate_file: Path | None = Field(
        default=None,
        title="Certificate of the page",
        description="PEM, with its chain: page, API, health and metrics are served over TLS then.",
    )
    http_key_file: Path | None = Field(
        default=None,
        title="Key of the certificate",
        description="PEM, without a password. Needed with a certificate.",
    )
    receipts_dir: Path | None = Field(
        default=None,
        title="Receipts folder",
        description="For copies of purge's receipts, which are served; `receipts` in the data "
        "folder by default. Each instance has a folder of its own in it.",
    )

    token_issuer: str = Field(
        title="Issuer of tokens",
        description="Who signs the tokens of those who call: the address of an OpenID Connect "
        "issuer, as its discovery document names it.",
    )
    token_audience: str = Field(
        default=AUDIENCE, title="Audience of tokens", description="Tokens for others are refused."
    )
    token_keys_file: Path | None = Field(
        default=None,
        title="Keys of the issuer",
        description="JSON Web Key Set to take instead of what the issuer's address tells.",
    )
    token_life_s: int = Field(
        default=3_600,
        ge=60,
        le=MOST_LIFE_S,
        title="Life of tokens",
        description="Seconds; tokens that count for longer are refused.",
    )

    watchlist_retention_hours: float = Field(
        default=24,
        ge=0,
        le=24,
        title="Hours of watchlists",
        description="How long a watchlist is kept when the last deployment that searches it is "
        "over; 0 erases it at once.",
    )
    reason_days: int = Field(
        default=365,
        ge=60,
        title="Days of reasons",
        description="How long what people give as their reason is kept beside the audit log, at "
        "most; a month less at least.",
    )

    witnesses: list[str] = Field(
        default_factory=list,
        title="Witnesses",
        description="Each as `ADDRESS KEY`: where checkpoints of receipts are submitted "
        "(C2SP tlog-witness) every half minute, and the verifier key of the cosignatures.",
    )

    @property
    def watchlist_kept_us(self) -> int:
        """How long a watchlist is kept, in microseconds."""
        return int(self.watchlist_retention_hours * 3_600_000_000)

    @field_validator("witnesses")
    @classmethod
    def _name_addresses_and_keys(cls, witnesses: list[str]) -> list[str]:
        try:
            for each in witnesses:
                NamedWitness.parse(each)
        except BadInput as error:
            raise ValueError(str(error)) from None
        return witnesses

    @model_validator(mode="after")
    def _name_an_issuer(self) -> Self:
        if self.token_keys_file is None:
            try:
                require_issuer_address(self.token_issuer)
            except InvalidInput as error:
                raise ValueError(f"LETHE_TOKEN_ISSUER: {error}") from None
        return self

    @model_validator(mode="after")
    def _take_a_certificate_with_its_key(self) -> Self:
        if (self.http_certificate_file is None) != (self.http_key_file is None):
            raise ValueError("LETHE_HTTP_CERTIFICATE_FILE and LETHE_HTTP_KEY_FILE need each other")
        return self

    def certificate(self) -> Certificate | None:
        """Return with what the page is served over TLS."""
        if self.http_certificate_file is None or self.http_key_file is None:
            return None
        return Certificate(self.http_certificate_file, self.http_key_file)

    def named_witnesses(self) -> list[NamedWitness]:
        """Return the witnesses."""
        return [NamedWitness.parse(each) for each in self.witnesses]

    def receipt_copies(self) -> Path:
        """Return the folder of this instance's copies of receipts."""
        return (self.receipts_dir or self.data_dir / FOLDER) / f"of-{plain(self.instance_id)}"
