"""Sealing at rest: bytes under a data key of the keyring."""

import asyncio
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lethe.alert.keyring import Keyring
from lethe.contracts.errors import Refused
from lethe.shredding.memory import wipe_bytes

_NONCE_BYTES = 12
_TAGS = b"lethe vault tags v1"


@dataclass(frozen=True, slots=True)
class SealedBlob:
    """Bytes sealed with AES-256-GCM (NIST SP 800-38D)."""

    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Vault:
    """Seals and opens under named data keys.

    Keys are read from the store each time, so that an erasure takes effect at once and no key
    stays in this process. Reading them blocks, hence the threads.
    """

    def __init__(self, keys: Keyring) -> None:
        self._keys = keys

    async def create(self, name: str, life_us: int | None = None) -> None:
        """Make the data key `name`, which ends by itself after so many microseconds."""
        await asyncio.to_thread(self._keys.create, name, life_us)

    async def seal(self, name: str, plaintext: bytes, *, bound: str) -> SealedBlob:
        """Seal under the key `name`, bound to what the content is.

        Raises
        ------
        Erased
            If the key is gone.
        """
        (sealed,) = await self.seal_all(name, [(plaintext, bound)])
        return sealed

    async def seal_all(self, name: str, items: Sequence[tuple[bytes, str]]) -> list[SealedBlob]:
        """Seal several, each bound to what it is, with one reading of the key.

        Raises
        ------
        Erased
            If the key is gone.
        """

        def work() -> list[SealedBlob]:
            cipher = self._cipher(name)
            sealed = []
            for plaintext, bound in items:
                # A random nonce is safe for far more than the few thousand images of a watchlist.
                nonce = secrets.token_bytes(_NONCE_BYTES)
                sealed.append(SealedBlob(nonce, cipher.encrypt(nonce, plaintext, bound.encode())))
            return sealed

        return await asyncio.to_thread(work)

    async def open(self, name: str, blob: SealedBlob, *, bound: str) -> bytes:
        """Open what `seal` made.

        Raises
        ------
        Erased
            If the key is gone.
        Refused
            If the content was altered or belongs elsewhere.
        """
        (opened,) = await self.open_all(name, [(blob, bound)])
        return opened

    async def open_all(self, name: str, items: Sequence[tuple[SealedBlob, str]]) -> list[bytes]:
        """Open several blobs, each with what it is bound to, with one reading of the key.

        Raises
        ------
        Erased
            If the key is gone.
        Refused
            If one was altered or belongs elsewhere.
        """

        def work() -> list[bytes]:
            cipher = self._cipher(name)
            try:
                return [
                    cipher.decrypt(blob.nonce, blob.ciphertext, bound.encode())
                    for blob, bound in items
                ]
            except InvalidTag:
                raise Refused(f"what is stored under the key {name} was altered") from None

        return await asyncio.to_thread(work)

    async def tags(self, name: str, texts: Sequence[str]) -> list[str]:
        """Return what stands for some texts where they are looked up.

        It is the same for the same text under the same key (HMAC-SHA256 under a key of its own
        that derives from it), and tells nothing without the key.

        Raises
        ------
        Erased
            If the key is gone.
        """

        def work() -> list[str]:
            secret = self._keys.open(name)
            try:
                own = hmac.digest(secret, _TAGS, "sha256")
            finally:
                wipe_bytes(secret)
            try:
                return [hmac.digest(own, text.encode(), "sha256").hex() for text in texts]
            finally:
                wipe_bytes(own)

        return await asyncio.to_thread(work)

    async def shorten(self, name: str, life_us: int) -> None:
        """Let a key live for at most so many microseconds from now; raises `Erased`."""
        await asyncio.to_thread(self._keys.shorten, name, life_us)

    async def left_us(self, name: str) -> int | None:
        """Return how long a key has to live; None for one without an end. Raises `Erased`."""
        return await asyncio.to_thread(self._keys.left_us, name)

    async def erase(self, name: str) -> None:
        """Erase the data key: what it sealed can't be opened again."""
        await asyncio.to_thread(self._keys.destroy, name)

    async def names(self) -> list[str]:
        """Return the names of the data keys that are kept."""
        return await asyncio.to_thread(self._keys.names)

    def _cipher(self, name: str) -> AESGCM:
        secret = self._keys.open(name)
        try:
            return AESGCM(secret)
        finally:
            wipe_bytes(secret)
