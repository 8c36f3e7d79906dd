"""The roster: whose signature counts for what. Signed by an offline root key, read from a file."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from lethe.contracts.base import InvalidMessage, Message
from lethe.contracts.errors import InvalidInput, Refused, RolledBack
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.keyfiles import write_private_key
from lethe.shredding.progress import RosterProgress
from lethe.shredding.signing import Signer, check_signature
from lethe.shredding.token_keys import create_token_key

ROSTER_CONTEXT = "lethe roster"
OFFICER_ROLE = "authorising-officer"
ALERT_ROLE = "alert"
DRAFTER_ROLE = "drafter"
"""Drafts orders, which others authorise; authorising officers may draft as well."""
RECEIPTS_NAME = "receipts"
LOCAL_NAMES = ("ingest", "detect", "match", "alert", "purge")
LOCAL_PEOPLE = {"officer": OFFICER_ROLE, "drafter": DRAFTER_ROLE}
_NAME_SHOWN = 40
"""Anybody can send any name: no more of it than this stands in a message."""
_LOCAL_YEARS_US = 10 * 365 * 86_400 * 1_000_000


class RosterEntry(Message):
    """One signer: name, role, Ed25519 public key and the time within which it counts."""

    name: str
    role: str
    public_key: bytes
    valid_from_us: int
    valid_until_us: int


class RosterDocument(Message):
    """What the root key signs. A roster with a lower serial than one already seen is refused."""

    serial: int
    entries: list[RosterEntry]


class Roster:
    """A verified roster that follows its file.

    Parameters
    ----------
    file
        The roster as mounted.
    root_public_key
        The pinned root key (32 bytes): never read from beside the roster.

    Raises
    ------
    InvalidInput
        If the file can't be read.
    Refused
        If the root's signature doesn't hold.
    """

    def __init__(self, file: Path, root_public_key: bytes) -> None:
        self._file = file
        self._root = root_public_key
        self._document = self._read()
        self._index()

    @property
    def serial(self) -> int:
        """Serial of the roster in force."""
        return self._document.serial

    @property
    def progress(self) -> RosterProgress:
        """Which roster is in force."""
        return self._progress

    def require_after(self, before: RosterProgress) -> None:
        """Check the roster in force against one that was in force once.

        Raises
        ------
        RolledBack
            If that one is newer, or another with the same serial.
        """
        present = self.progress
        if present.root != before.root or present == before:
            return
        if present.serial <= before.serial:
            raise RolledBack(
                f"roster {self._file}: its serial {present.serial} is not above {before.serial}, "
                "which was in force before; mount the newest roster"
            )

    def reload(self) -> bool:
        """Read the file again; tell whether a newer roster came into force.

        Raises
        ------
        Refused
            If the file's roster isn't signed by the root. The one in force stays.
        RolledBack
            If it is older than the one in force, or a different one with the same serial.
        """
        document = self._read()
        if document == self._document:
            return False
        if document.serial <= self._document.serial:
            raise RolledBack(
                f"roster serial {document.serial} is not above {self._document.serial}"
            )
        self._document = document
        self._index()
        return True

    def check(
        self, envelope: SignedEnvelope, context: str, roles: tuple[str, ...], wall_us: int
    ) -> RosterEntry:
        """Return the entry of an envelope's signer, if it may sign this.

        Raises
        ------
        Refused
            If the signer is unknown, has another role, is out of its time, or didn't sign.
        """
        entry = self.entitled(envelope.signer, roles, wall_us)
        check_signature(entry.public_key, context, envelope)
        return entry

    def entitled(self, signer: str, roles: tuple[str, ...], wall_us: int) -> RosterEntry:
        """Return the entry of a signer who may sign this at present; no signature is checked.

        Raises
        ------
        Refused
            If the signer is unknown, has another role, or is out of its time.
        """
        entry = self._entries.get(signer)
        if entry is None:
            raise Refused(f"signer {signer[:_NAME_SHOWN]!r} is not on the roster")
        if entry.role not in roles:
            needed = " or ".join(roles)
            raise Refused(f"signer {entry.name!r} has the role {entry.role}, not {needed}")
        if not entry.valid_from_us <= wall_us < entry.valid_until_us:
            raise Refused(f"signer {entry.name!r} is not valid now")
        return entry

    def stands(self, entry: RosterEntry, wall_us: int) -> bool:
        """Tell whether an entry that `check` returned is still on the roster and in its time."""
        if not entry.valid_from_us <= wall_us < entry.valid_until_us:
            return False
        present = self._entries.get(entry.name)
        # Asked for every frame and ticket, and mostly it is the very same.
        return present is entry or present == entry

    def _index(self) -> None:
        self._entries = {entry.name: entry for entry in self._document.entries}
        self._progress = RosterProgress(
            root=self._root.hex(),
            serial=self._document.serial,
            digest=sha256(self._document.encode()).hexdigest(),
        )

    def _read(self) -> RosterDocument:
        try:
            parts = json.loads(self._file.read_text())
            envelope = SignedEnvelope(
                signer="root",
                payload=b64decode(parts["payload"], validate=True),
                signature=b64decode(parts["signature"], validate=True),
            )
        except OSError as error:
            raise InvalidInput(f"roster {self._file}: {error.strerror}; run `make setup`") from None
        except (ValueError, KeyError, TypeError, ValidationError):
            raise Refused(f"roster {self._file}: not a roster; run `make setup`") from None
        check_signature(self._root, ROSTER_CONTEXT, envelope)
        try:
            return RosterDocument.decode(envelope.payload)
        except InvalidMessage:
            raise Refused(f"roster {self._file}: doesn't fit its contract") from None


def write_roster(file: Path, document: RosterDocument, root: Ed25519PrivateKey) -> None:
    """Sign a roster with the root key and write it, whole or not at all."""
    envelope = Signer("root", root).sign(ROSTER_CONTEXT, document.encode())
    content = {
        "payload": b64encode(envelope.payload).decode(),
        "signature": b64encode(envelope.signature).decode(),
    }
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1) + "\n")
    partial.replace(file)


def create_local_trust(folder: Path, *, wall_us: int) -> None:
    """Make the keys and the roster of one machine.

    The root key is forgotten as soon as it has signed: nobody can add a signer afterwards, and
    a new local roster is a new root.

    Parameters
    ----------
    folder
        Gets `roster.json`, `root.pub` and `keys/<name>.key` (mode 0600); and what
        `create_receipts_key` and `create_token_key` make.
    wall_us
        The present time, UTC in microseconds.
    """
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    root = Ed25519PrivateKey.generate()
    entries = []
    roles = {name: name for name in LOCAL_NAMES} | LOCAL_PEOPLE
    for name, role in roles.items():
        private_key = Ed25519PrivateKey.generate()
        write_private_key(keys / f"{name}.key", private_key)
        entries.append(
            RosterEntry(
                name=name,
                role=role,
                public_key=private_key.public_key().public_bytes_raw(),
                # An hour back: a machine whose clock is set a little later must not wait.
                valid_from_us=wall_us - 3_600_000_000,
                valid_until_us=wall_us + _LOCAL_YEARS_US,
            )
        )
    write_roster(folder / "roster.json", RosterDocument(serial=1, entries=entries), root)
    (folder / "root.pub").write_text(root.public_key().public_bytes_raw().hex() + "\n")
    create_receipts_key(folder)
    create_token_key(folder)


def create_receipts_key(folder: Path) -> None:
    """Make the key that purge signs receipts with, if there is none.

    It isn't on the roster: what it signs is for people outside, who pin it themselves, and no
    service acts on it. It stays when the roster is made anew, and with it what it signed.

    Parameters
    ----------
    folder
        Of the local trust; gets `keys/receipts.key` (mode 0600).
    """
    file = folder / "keys" / f"{RECEIPTS_NAME}.key"
    if not file.is_file():
        # Beside and renamed: a half-written key would stand in the way for good.
        partial = file.with_suffix(".partial")
        write_private_key(partial, Ed25519PrivateKey.generate())
        partial.replace(file)
