"""Receipts on their way: what purge is to tell of, and what it told to those who hand it on."""

from enum import StrEnum
from hashlib import sha256

from pydantic import Field

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


class ErasureGround(StrEnum):
    """Why an alert was erased.

    `key-gone`: its key was lost before its time, with a key store or the machine's memory.
    """

    FALSE_ALERT = "false-alert"
    RETENTION = "retention"
    KEY_GONE = "key-gone"


class ErasedAlert(Message):
    """An alert whose data key is destroyed."""

    alert_id: Name
    deployment_id: Name
    ground: ErasureGround


def alert_hash(alert_id: str) -> str:
    """Return the SHA-256 (hex) of an alert's id, by which receipts name it when it is erased."""
    return sha256(alert_id.encode()).hexdigest()


class AlertsErased(Message):
    """Alerts that were erased and have no receipt yet; it comes again until they have.

    Attributes
    ----------
    instance_id
        The alert that says so.
    sent
        When it does. purge believes none that is old, or that doesn't say when.
    """

    instance_id: Name
    alerts: list[ErasedAlert] = Field(min_length=1, max_length=MOST_ERASED)
    sent: Instant | None = None
