"""A ticket that waits for its grant, and what a grant holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lethe.contracts.errors import Refused
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.slotkeys import KEY_BYTES, commitment
from lethe.shredding.terms import Life
from lethe.shredding.wrapping import UnwrapKey


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A ticket's private key, and the moments that follow from when the ticket was sent."""

    unwrap_key: UnwrapKey
    sequence: int
    sent: Instant

    def stale_us(self, life: Life) -> int:
        """Return when the ticket is given up, on the boot clock."""
        return self.sent.boot_us + life.ticket_ms * 1000

    def wipe_us(self, life: Life) -> int:
        """Return when the keys granted to it are wiped."""
        return self.sent.boot_us + (life.budget_ms - life.margin_ms) * 1000

    def dies_us(self, life: Life) -> int:
        """Return when the kernel kills a holder that still has one of them."""
        return self.sent.boot_us + (life.budget_ms - life.kill_margin_ms) * 1000


@contextmanager
def opened_grant(granted: KeyGranted, unwrap_key: UnwrapKey) -> Iterator[list[memoryview]]:
    """Lend the slot keys of a grant; they are overwritten when the block ends.

    Raises
    ------
    Refused
        If the grant doesn't open with its ticket's key, or a key doesn't fit its commitment.
    """
    secret = unwrap_key.unwrap(granted.sealed, granted.binding())
    try:
        yield _split(secret, granted)
    finally:
        wipe_bytes(secret)


def _split(secret: bytes, granted: KeyGranted) -> list[memoryview]:
    """Return views of the slot keys in a grant, each checked against its commitment."""
    if len(secret) != KEY_BYTES * len(granted.keys):
        raise Refused("a grant holds another number of keys than it names")
    view = memoryview(secret)
    keys = [view[i * KEY_BYTES : (i + 1) * KEY_BYTES] for i in range(len(granted.keys))]
    for key, named in zip(keys, granted.keys, strict=True):
        if commitment(key) != named.commitment:
            raise Refused("a granted key isn't the one the grant names")
    return keys
