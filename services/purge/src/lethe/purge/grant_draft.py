"""A grant in the making."""

from dataclasses import dataclass, field

from lethe.contracts.keys import GrantedKey
from lethe.shredding.memory import wipe
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.slotkeys import KEY_BYTES


@dataclass(slots=True)
class GrantDraft:
    """Keys for one ticket. Whoever makes it overwrites the secret after wrapping."""

    heard: HeardTicket
    named: list[GrantedKey] = field(default_factory=list)
    secret: bytearray = field(default_factory=bytearray, repr=False)

    def add(self, slot_key: bytes, named: GrantedKey) -> None:
        """Add a key; the caller overwrites its own copy."""
        # Growing a bytearray may move it and leave the old copy: build a new one and wipe.
        grown = bytearray(len(self.secret) + KEY_BYTES)
        grown[: len(self.secret)] = self.secret
        grown[len(self.secret) :] = slot_key
        wipe(memoryview(self.secret))
        self.secret = grown
        self.named.append(named)
