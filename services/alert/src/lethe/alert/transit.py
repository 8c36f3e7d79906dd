"""Alert's transit keys: changed every minute, destroyed once all their records are ingested.

They lie in the erasable key store, so that neither a restart of alert nor another leader loses an
alert's picture. A key's id begins with the term in which it was made: match seals to that of the
newest term it hears of, and nobody destroys a key of a later term than its own.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lethe.alert.keystore import ErasableKeyStore
from lethe.contracts.errors import Erased, Transient
from lethe.contracts.keys import TransitKey
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.wrapping import UnwrapKey

_log = structlog.get_logger()
_PREFIX = "transit-"
_ROTATE_S = 60.0
_STILL_USED_S = 5.0
"""match stops using a key that hasn't been announced for two seconds."""
_RETRY_S = 1.0
_SEEDS_BYTES = 96


class TransitKeyring:
    """Holds the current key, and older ones until what was sealed to them is ingested.

    Parameters
    ----------
    store
        Shared by all instances.
    term
        The leader's, which this keyring is made for.
    caught_up
        Tells whether every candidate list published up to now is handled and committed.
    pause
        Waits so many seconds.
    """

    def __init__(
        self,
        store: ErasableKeyStore,
        term: int,
        caught_up: Callable[[], Awaitable[bool]],
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._term = term
        self._caught_up = caught_up
        self._pause = pause
        self._keys: dict[str, UnwrapKey] = {}
        for key_id in self._kept():
            self._restore(key_id)
        self._current = self._create()

    def announced(self) -> TransitKey:
        """Return what alert's tickets tell match."""
        public_key = self._keys[self._current].public_key
        return TransitKey(key_id=self._current, public_key=public_key, term=self._term)

    def unwrap(self, key_id: str, wrapped: bytes, binding: bytes) -> bytes:
        """Return what was sealed to one of the keys.

        Raises
        ------
        Erased
            If the key is destroyed.
        Refused
            If it doesn't open.
        """
        key = self._keys.get(key_id)
        if key is None:
            raise Erased("the transit key is destroyed")
        return key.unwrap(wrapped, binding)

    def close(self) -> None:
        """Forget the keys; the store keeps them for the next leader, until that destroys them."""
        self._keys.clear()

    async def run(self) -> None:
        """Change the key every minute and destroy old ones, until cancelled."""
        while True:
            await self._pause(_STILL_USED_S)
            try:
                await self._destroy_old()
                await self._pause(_ROTATE_S - _STILL_USED_S)
                self._current = await asyncio.to_thread(self._create)
            except Transient as error:
                # The key store is out of reach: the current key goes on until it is back.
                _log.warning("transit key kept", error=type(error).__name__)

    async def _destroy_old(self) -> None:
        while not await self._caught_up():
            await self._pause(_RETRY_S)
        for key_id in await asyncio.to_thread(self._kept):
            if key_id != self._current:
                await asyncio.to_thread(self._store.erase, f"{_PREFIX}{key_id}")
                self._keys.pop(key_id, None)

    def _kept(self) -> list[str]:
        """Return the keys of the store but for those of later terms, announced or not."""
        names = [name for name in self._store.names() if name.startswith(_PREFIX)]
        key_ids = [name.removeprefix(_PREFIX) for name in names]
        return [key_id for key_id in key_ids if _term_of(key_id) <= self._term]

    def _restore(self, key_id: str) -> None:
        try:
            self._keys[key_id] = _derive(self._store.read(f"{_PREFIX}{key_id}"))
        except Erased:
            # A crash kept it from being written whole, so that nothing was ever sealed to it.
            self._store.erase(f"{_PREFIX}{key_id}")

    def _create(self) -> str:
        key_id = f"{self._term}-{secrets.token_hex(8)}"
        self._keys[key_id] = _derive(self._store.create(f"{_PREFIX}{key_id}"))
        return key_id


def _term_of(key_id: str) -> int:
    """Return the term in which a key was made; before there were terms ids had none."""
    term, _, rest = key_id.partition("-")
    return int(term) if rest else 0


def _derive(secret: bytes) -> UnwrapKey:
    seeds = HKDFExpand(hashes.SHA256(), _SEEDS_BYTES, b"lethe transit key v1").derive(secret)
    wipe_bytes(secret)
    try:
        return UnwrapKey.from_seeds(seeds)
    finally:
        wipe_bytes(seeds)
