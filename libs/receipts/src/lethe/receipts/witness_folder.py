"""What a witness keeps: its key, and the last checkpoint of every log that it saw."""

import os
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.errors import BadInput

_KEY, _PUBLIC, _LOCK, _SEEN = "witness.key", "witness.vkey", "lock", "seen"
_PRIVATE_DIR, _PRIVATE, _PUBLIC_FILE = 0o700, 0o600, 0o644
_NAME_DIGITS = 32


class WitnessFolder:
    """A folder of one witness, for one process at a time.

    Parameters
    ----------
    folder
        Made if it is missing. Never put back an older copy of it: the witness would cosign
        what it cosigned otherwise before.

    Raises
    ------
    BadInput
        If it can't be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = folder / _SEEN
        try:
            self._seen.mkdir(mode=_PRIVATE_DIR, parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
            flock(self._lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"{folder}: another witness runs on it") from None
        except OSError as error:
            raise BadInput(f"{folder}: {error.strerror}") from None

    def close(self) -> None:
        """Let another process use it."""
        os.close(self._lock)

    def cosigner(self, name: str) -> Cosigner:
        """Return the witness's key under a name; it is made at the first start.

        Raises
        ------
        BadInput
            If it can't be read or made.
        """
        file = self._folder / _KEY
        try:
            if not file.exists():
                key = Ed25519PrivateKey.generate()
                pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                _write(file, pem, _PRIVATE)
            found = load_pem_private_key(file.read_bytes(), password=None)
            if not isinstance(found, Ed25519PrivateKey):
                raise BadInput(f"{file}: no Ed25519 key")
            cosigner = Cosigner(name, found)
            _write(self._folder / _PUBLIC, f"{cosigner.verifier}\n".encode(), _PUBLIC_FILE)
        except OSError as error:
            raise BadInput(f"{file}: {error.strerror}") from None
        except ValueError:
            raise BadInput(f"{file}: no private key") from None
        return cosigner

    def load(self) -> list[str]:
        """Return the notes that were saved, the one saved last at the end."""
        files = [file for file in self._seen.iterdir() if not file.name.startswith(".")]
        return [file.read_text("utf-8") for file in sorted(files, key=_saved_at)]

    def save(self, origin: str, note: str) -> None:
        """Keep a note in place of the one before; durable when it returns."""
        name = sha256(origin.encode()).hexdigest()[:_NAME_DIGITS]
        _write(self._seen / name, note.encode(), _PRIVATE)


def _saved_at(file: Path) -> int:
    return file.stat().st_mtime_ns


def _write(file: Path, content: bytes, mode: int) -> None:
    """Replace a file whole or not at all, durably."""
    beside = file.with_name(f".{file.name}")
    with suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
