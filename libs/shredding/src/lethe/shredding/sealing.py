"""Seal and open: AES-256-GCM under a key that is used once, bound to where the record belongs."""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lethe.contracts.errors import Refused
from lethe.contracts.sealed import SealAddress, SealedBody
from lethe.shredding.memory import ClearRoom

FRAME_STEP_BYTES = 16 * 1024
TAG_BYTES = 16
# Every key seals one record only, so the nonce may be constant (NIST SP 800-38D, section 8).
_NONCE = bytes(12)
_LENGTH = struct.Struct(">I")
LENGTH_BYTES = _LENGTH.size


def padded_bytes(content_bytes: int, step: int) -> int:
    """Return the size of a padded plaintext: a length, the content, zeros up to a step."""
    return -(-(content_bytes + _LENGTH.size) // step) * step


class Sealer:
    """Seals one record at a time; the padded clear copy lies in a room of its own.

    Not thread-safe: its holder locks.
    """

    def __init__(self) -> None:
        self._room = ClearRoom()

    def seal(
        self, key: memoryview, topic: str, address: SealAddress, content: memoryview, *, step: int
    ) -> SealedBody:
        """Return the sealed, padded content.

        Parameters
        ----------
        key
            32 bytes, never used before; the caller destroys it afterwards.
        step
            The plaintext is padded to a multiple of this many bytes.
        """
        with self._room.lent(padded_bytes(len(content), step)) as plaintext:
            _LENGTH.pack_into(plaintext, 0, len(content))
            plaintext[_LENGTH.size : _LENGTH.size + len(content)] = content
            return SealedBody(
                AESGCM(key).encrypt(_NONCE, plaintext, address.associated_data(topic))
            )

    def is_clear(self) -> bool:
        """Tell whether nothing is left of what was sealed."""
        return self._room.is_clear()


def open_into(
    key: memoryview, topic: str, address: SealAddress, sealed: bytes, into: memoryview
) -> memoryview:
    """Open a sealed record into a buffer of the caller's and return the view of the content.

    Parameters
    ----------
    into
        Writable, at least `len(sealed) - TAG_BYTES` long; the caller overwrites it.

    Raises
    ------
    Refused
        If the record was altered, moved, re-dated or re-addressed, or is larger than the buffer.
    """
    size = len(sealed) - TAG_BYTES
    if size < _LENGTH.size or size > len(into):
        raise Refused("a sealed record hasn't a possible size")
    plaintext = into[:size]
    try:
        AESGCM(key).decrypt_into(_NONCE, sealed, address.associated_data(topic), plaintext)
    except InvalidTag:
        raise Refused("a seal doesn't hold") from None
    (length,) = _LENGTH.unpack_from(plaintext, 0)
    if length > size - _LENGTH.size:
        raise Refused("a sealed record's length doesn't fit")
    return plaintext[_LENGTH.size : _LENGTH.size + length]
