"""Files of Ed25519 private keys: 32 bytes in hex, readable by their owner only."""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.contracts.errors import InvalidInput


def write_private_key(file: Path, private_key: Ed25519PrivateKey) -> None:
    """Write a key; whatever stood in the file is gone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(private_key.private_bytes_raw().hex() + "\n")


def read_private_key(file: Path) -> Ed25519PrivateKey:
    """Read a key.

    Raises
    ------
    InvalidInput
        If the file can't be read or holds no key.
    """
    try:
        raw = bytes.fromhex(file.read_text().strip())
        return Ed25519PrivateKey.from_private_bytes(raw)
    except OSError as error:
        raise InvalidInput(f"signing key {file}: {error.strerror}; run `make setup`") from None
    except ValueError:
        raise InvalidInput(f"signing key {file}: no Ed25519 key; run `make setup`") from None
