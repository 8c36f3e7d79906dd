"""Where one machine's own trust lies: what `create_local_trust` wrote."""

from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput
from lethe.shredding.roster import Roster
from lethe.shredding.token_keys import TOKEN_KEYS_FILE


@dataclass(frozen=True, slots=True)
class LocalTrust:
    """The roster, root key and signing keys of this machine."""

    folder: Path
    root_public_hex: str

    @property
    def roster_file(self) -> Path:
        """The signed roster."""
        return self.folder / "roster.json"

    @property
    def token_keys_file(self) -> Path:
        """The public half of the key that signs this machine's tokens."""
        return self.folder / TOKEN_KEYS_FILE

    def key_file(self, name: str) -> Path:
        """Return the signing key file of a service or of the officer."""
        return self.folder / "keys" / f"{name}.key"

    def roster(self) -> Roster:
        """Return the verified roster."""
        return Roster(self.roster_file, bytes.fromhex(self.root_public_hex))


def load_local_trust(folder: Path) -> LocalTrust:
    """Return this machine's trust, after checking that its roster holds.

    Raises
    ------
    InvalidInput
        If it isn't there.
    Refused
        If the roster isn't signed by the root beside it.
    """
    try:
        trust = LocalTrust(folder, (folder / "root.pub").read_text().strip())
        trust.roster()
    except (OSError, ValueError):
        raise InvalidInput(f"no local roster in {folder}; run `make setup`") from None
    return trust
