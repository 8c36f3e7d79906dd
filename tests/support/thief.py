"""Whoever has every file and every record, from now and from yesterday, and tries to open them."""

import base64
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lethe.alert.transit import _derive
from lethe.alert.vault import SealedBlob
from lethe.contracts.errors import Refused
from lethe.contracts.live import CandidatesFound

KEY_BYTES = 32


def files_below(*folders: Path) -> dict[str, bytes]:
    """Return the content of every file, by its path."""
    return {
        str(file): content
        for folder in folders
        for file in folder.rglob("*")
        if (content := _content(file)) is not None
    }


def holding(loot: dict[str, bytes], secret: bytes) -> set[str]:
    """Return where a secret lies, as it is or written out."""
    forms = (secret, secret.hex().encode(), base64.b64encode(secret)[:-4])
    return {place for place, content in loot.items() if any(form in content for form in forms)}


def keys_within(contents: Iterable[bytes]) -> set[bytes]:
    """Return all that may be a key: every 32 bytes in a row."""
    return {
        content[start : start + KEY_BYTES]
        for content in contents
        for start in range(len(content) - KEY_BYTES + 1)
    }


def pictures_opened(blob: SealedBlob, bound: str, keys: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what the keys open of a stored picture."""
    for key in keys:
        with suppress(InvalidTag):
            yield AESGCM(key).decrypt(blob.nonce, blob.ciphertext, bound.encode())


def crops_opened(found: CandidatesFound, keys: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what the keys, taken for secrets of transit keys, open of a candidate list."""
    for key in keys:
        # A copy: deriving overwrites what it derives from.
        with suppress(Refused):
            yield _derive(bytes(bytearray(key))).unwrap(found.sealed_crop, found.binding())


class Remnants:
    """Files that are held open: what they hold once their names are gone, as on a disk."""

    def __init__(self, folder: Path) -> None:
        self._files = [os.open(file, os.O_RDONLY) for file in folder.iterdir() if file.is_file()]

    def read(self) -> list[bytes]:
        """Return what is in them now."""
        return [os.pread(file, 4096, 0) for file in self._files]

    def close(self) -> None:
        for file in self._files:
            os.close(file)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes() if file.is_file() else None
    except FileNotFoundError:
        return None
