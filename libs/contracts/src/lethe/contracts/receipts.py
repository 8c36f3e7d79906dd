"""Receipts on their way from purge to those who hand them on."""

from pydantic import Field

from lethe.contracts.base import Message

MOST_ENTRIES = 16_384
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
