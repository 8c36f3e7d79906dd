"""Receipts on their way: what purge is to tell of, and what it told to those who hand it on."""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Self

from pydantic import Field, model_validator

from lethe.contracts.base import Message
from lethe.contracts.bounds import Name
from lethe.contracts.instants import Instant

MOST_ENTRIES = 16_384
MOST_ERASED = 500
LONGEST_ORIGIN = 500
_LONGEST_NOTE = 65_536


class ErasureReceipted(Message):
    """Entries of one log of receipts, up to a checkpoint of it.

    Attributes
    ----------
    origin
        Names the log, as its checkpoints do.
    signer
        Verifier key of the log (C2SP signed-note).
    first
        How many entries of the log come before these.
    leaves
        The entries, as they were hashed: a line of canonical JSON each.
    checkpoint
        Signed note of the checkpoint behind the last of them.
    """

    origin: str = Field(max_length=LONGEST_ORIGIN)
    signer: str = Field(max_length=LONGEST_ORIGIN)
    first: int = Field(ge=0)
    leaves: list[bytes] = Field(min_length=1, max_length=MOST_ENTRIES, repr=False)
    checkpoint: str = Field(max_length=_LONGEST_NOTE)


class ErasurePromise(StrEnum):
    """What is left of a data key that was erased, as the store that had it promises."""

    MEMORY = "memory"
    """It lay in memory only and was overwritten there; it ends with the machine at the latest."""
    OVERWRITTEN = "overwritten"
    """Its place on the disk was overwritten; flash may keep the old block out of reach."""
    UNLINKED = "unlinked"
    """Its name is gone; what was written may be recovered from the medium."""
    MODULE = "module"
    """It was destroyed within a security module, as whoever runs that says."""


Promise = Annotated[str, Field(pattern=r"^[a-z-]{0,40}$")]
"""An `ErasurePromise`, or one of a later version; empty where none was made."""


class ErasureGround(StrEnum):
    """Why an alert was erased.

    `key-gone`: its key was lost before its time, with a key store or the machine's memory.
    """

    FALSE_ALERT = "false-alert"
    RETENTION = "retention"
    KEY_GONE = "key-gone"


class ErasedAlert(Message):
    """An alert whose data key is destroyed.

    Attributes
    ----------
    promise
        What that is worth, as the key store says that has been asked.
    """

    alert_id: Name
    deployment_id: Name
    ground: ErasureGround
    promise: Promise = ""


def alert_hash(alert_id: str) -> str:
    """Return the SHA-256 (hex) of an alert's id, by which receipts name it when it is erased."""
    return sha256(alert_id.encode()).hexdigest()


class WatchlistGround(StrEnum):
    """Why a watchlist was erased; `key-gone` as for an alert."""

    DEPLOYMENT_OVER = "deployment-over"
    REQUESTED = "requested"
    KEY_GONE = "key-gone"


class ErasedWatchlist(Message):
    """A watchlist whose data key is destroyed.

    Attributes
    ----------
    id_hash
        See `erased_watchlist_hash`.
    deployment_id
        The last that searched it; empty if none was ordered to.
    promise
        As for an alert.
    """

    id_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    deployment_id: Name | Annotated[str, Field(max_length=0)]
    ground: WatchlistGround
    promise: Promise = ""


def erased_watchlist_hash(watchlist_id: str, content_hash: str) -> str:
    """Return the SHA-256 (hex) by which receipts name a watchlist when it is erased.

    An order has both, so whoever has the order finds the receipt. The id alone might be guessed.

    Parameters
    ----------
    content_hash
        See `lethe.contracts.orders.watchlist_hash`.
    """
    content = b"lethe erased watchlist v1\0" + bytes.fromhex(content_hash) + watchlist_id.encode()
    return sha256(content).hexdigest()


class AlertsErased(Message):
    """What was erased and has no receipt yet; it comes again until it has.

    Attributes
    ----------
    instance_id
        The alert that says so.
    watchlists
        There may be no alerts then.
    sent
        When it does. purge believes none that is old, or that doesn't say when.
    """

    instance_id: Name
    alerts: list[ErasedAlert] = Field(max_length=MOST_ERASED)
    sent: Instant | None = None
    watchlists: list[ErasedWatchlist] = Field(default_factory=list, max_length=MOST_ERASED)

    @model_validator(mode="after")
    def _name_something(self) -> Self:
        if not self.alerts and not self.watchlists:
            raise ValueError("it tells of nothing")
        return self
