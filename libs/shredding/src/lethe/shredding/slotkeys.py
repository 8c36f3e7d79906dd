"""A slot key in a holder's hands: expanded into single-use keys and wiped, number by number."""

import struct
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lethe.contracts.errors import Erased
from lethe.contracts.keys import CloseReason, GrantedKey
from lethe.contracts.sealed import NUMBERS_PER_SLOT
from lethe.shredding.memory import SecretArena, wipe

KEY_BYTES = 32
_FIRST_COUNTER = bytes(16)
_NOTHING = memoryview(bytes(max(NUMBERS_PER_SLOT.values()) * KEY_BYTES))
"""Encrypted, it is the key stream."""


def commitment(slot_key: bytes | memoryview) -> bytes:
    """Return what identifies a slot key without giving it away.

    SHA-256 over a label and 256 random bits: nobody can search the preimage. It stands in the
    grant because AES-GCM would open under more than one key.
    """
    # Joining label and key first would leave a copy of the key in freed memory.
    digest = sha256(b"lethe slot key v1\0")
    digest.update(slot_key)
    return digest.digest()


def _expansion_info(granted: GrantedKey) -> bytes:
    named = (granted.slot, granted.lane, granted.purpose.value, str(granted.after_ms))
    parts = [part.encode() for part in named]
    return b"lethe frame keys v3" + b"".join(struct.pack(">I", len(p)) + p for p in parts)


def expand(slot_key: memoryview, granted: GrantedKey, block: memoryview) -> int:
    """Fill the beginning of a block with the single-use keys of a slot key.

    A key for this slot, lane, purpose and time alone (HKDF-Expand, RFC 5869 section 2.3), and its
    AES-256 key stream in counter mode (NIST SP 800-38A, section 6.5), which takes a fifth of the
    time of HKDF for all of it.

    Parameters
    ----------
    block
        Of a `SecretArena`. What is in it after a failure is the caller's to overwrite.

    Returns
    -------
    int
        How many single-use keys there are; they lie one behind the other.
    """
    count = NUMBERS_PER_SLOT[granted.purpose]
    size = count * KEY_BYTES
    stream_key = block[size : size + KEY_BYTES]
    info = _expansion_info(granted)
    try:
        HKDFExpand(hashes.SHA256(), KEY_BYTES, info).derive_into(slot_key, stream_key)
        stream = Cipher(AES(stream_key), CTR(_FIRST_COUNTER)).encryptor()
        stream.update_into(_NOTHING[:size], block)
    finally:
        wipe(stream_key)
    return count


class SlotKeys:
    """The single-use keys of one slot key, for one lane and purpose.

    Not thread-safe: its holder locks.

    Parameters
    ----------
    slot_key
        32 bytes; expanded at once. The caller wipes them.
    held_from_us, wipe_at_us, dies_at_us
        Since when something may be captured under the key, when the holder wipes what is left, and
        when the kernel kills it if it didn't, on the boot clock in microseconds.
    """

    def __init__(
        self,
        arena: SecretArena,
        slot_key: memoryview,
        granted: GrantedKey,
        *,
        held_from_us: int,
        wipe_at_us: int,
        dies_at_us: int,
    ) -> None:
        self.slot = granted.slot
        self.granted = granted
        self.lane = granted.lane
        self.purpose = granted.purpose
        self.deployment_id = granted.deployment_id
        self.order_hash = granted.order_hash
        self.held_from_us = held_from_us
        self.wipe_at_us = wipe_at_us
        self.dies_at_us = dies_at_us
        self.reason: CloseReason | None = None
        self.closed_at_us: int | None = None
        self._arena = arena
        self._busy: dict[int, Callable[[], None] | None] = {}
        self._next = 0
        self._block: memoryview | None = arena.take()
        try:
            self._count = expand(slot_key, granted, self._block)
        except BaseException:
            # Nobody gets to know this object, so nobody would ever overwrite its block.
            arena.give_back(self._block)
            raise
        self._gone = bytearray(self._count)

    @property
    def is_wiped(self) -> bool:
        """Whether no key is left."""
        return self._block is None

    @property
    def is_over(self) -> bool:
        """Whether no key is left and no clear copy of anything opened or to be sealed."""
        return self._block is None and not self._busy

    @property
    def is_busy(self) -> bool:
        """Whether a clear copy is still alive, or a number reserved."""
        return bool(self._busy)

    @property
    def unspent(self) -> int:
        """How many numbers there are still to seal under."""
        return 0 if self._block is None else self._count - self._next

    def reserve(self) -> int | None:
        """Return the next number to seal under, or None when all are spent."""
        if not self.unspent:
            return None
        number = self._next
        self._next += 1
        self._busy[number] = None
        return number

    def key(self, number: int) -> memoryview:
        """Return the key of a number.

        Raises
        ------
        Erased
            If it was used, wiped or never existed.
        """
        if self._block is None or not 0 <= number < self._count or self._gone[number]:
            raise Erased("the key is gone")
        return self._block[number * KEY_BYTES : (number + 1) * KEY_BYTES]

    def destroy(self, number: int, on_close: Callable[[], None] | None = None) -> None:
        """Overwrite the key of a number; what was opened with it counts as a clear copy now.

        Parameters
        ----------
        on_close
            Called once if the slot is closed while that copy is alive: it must be gone soon.
        """
        wipe(self.key(number))
        self._gone[number] = 1
        self._busy[number] = on_close

    def finish(self, number: int) -> None:
        """Say that the last clear copy of a number's content is overwritten.

        A number that was reserved and never sealed under is destroyed with that: once it is
        told as destroyed, nothing can be sealed or opened under it.
        """
        if self._block is not None and 0 <= number < self._count and not self._gone[number]:
            self.destroy(number)
        self._busy.pop(number, None)

    def close(self, at_us: int, reason: CloseReason) -> None:
        """Overwrite every key that is left, and hurry whoever has a clear copy."""
        if self._block is None:
            return
        self._arena.give_back(self._block)
        self._block = None
        self.closed_at_us = at_us
        self.reason = reason
        for on_close in self._busy.values():
            if on_close is not None:
                on_close()
