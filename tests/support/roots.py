"""An offline root key that signs rosters of one signer."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.shredding.roster import Roster, RosterDocument, RosterEntry, write_roster


class Root:
    """A root whose rosters name one signer, `purge`."""

    def __init__(self, folder: Path) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.file = folder / "roster.json"

    def publish(self, serial: int, *, role: str = "purge", key: bytes = bytes(32)) -> None:
        entry = RosterEntry(
            name="purge", role=role, public_key=key, valid_from_us=0, valid_until_us=2**62
        )
        write_roster(self.file, RosterDocument(serial=serial, entries=[entry]), self.key)

    def read(self) -> Roster:
        return Roster(self.file, self.key.public_key().public_bytes_raw())
