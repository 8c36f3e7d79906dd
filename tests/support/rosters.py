"""A roster of people, made and remade by its root."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.shredding.roster import (
    OFFICER_ROLE,
    Roster,
    RosterDocument,
    RosterEntry,
    write_roster,
)
from lethe.shredding.signing import Signer


class Colleagues:
    """Authorising officers, each with a key of their own unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "roster.json"
        self._root = Ed25519PrivateKey.generate()
        self._entries: dict[str, RosterEntry] = {}
        self._serial = 0

    def add(
        self, name: str, key: Ed25519PrivateKey | None = None, *, role: str = OFFICER_ROLE
    ) -> Signer:
        """Put somebody on the roster; return their key."""
        key = key or Ed25519PrivateKey.generate()
        self._entries[name] = RosterEntry(
            name=name,
            role=role,
            public_key=key.public_key().public_bytes_raw(),
            valid_from_us=0,
            valid_until_us=2**62,
        )
        self._publish()
        return Signer(name, key)

    def remove(self, name: str) -> None:
        """Leave somebody out of the next roster."""
        del self._entries[name]
        self._publish()

    def roster(self) -> Roster:
        """Return the roster as a service reads it."""
        return Roster(self.file, self._root.public_key().public_bytes_raw())

    def _publish(self) -> None:
        self._serial += 1
        document = RosterDocument(serial=self._serial, entries=list(self._entries.values()))
        write_roster(self.file, document, self._root)
