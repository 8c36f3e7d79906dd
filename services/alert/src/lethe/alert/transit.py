"""Alert's transit keys: changed every minute, destroyed once all their records are ingested.

They lie in the keyring, so that neither a restart of alert nor another leader loses an alert's
picture, and nowhere else: a leader that is cut off has nothing that its successor can't destroy.
A key's id begins with the term in which it was made: match seals to that of the newest term it
hears of, and nobody destroys a key of a later term than its own.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from lethe.alert.keyring import Keyring
from lethe.contracts.errors import Erased, Transient
from lethe.contracts.keys import TransitKey
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.wrapping import UnwrapKey

_log = structlog.get_logger()
_PREFIX = "transit-"
_LOOK_S = 1.0
_ROTATE_LOOKS = 60
_STILL_USED_LOOKS = 5
"""match stops using a key that hasn't been announced for two seconds."""
_LIFE_US = 59 * 60_000_000
"""What waits for longer is raised without its picture: an order's retention is an hour or more,
and a picture mustn't outlive it in a topic."""
_RETIRED_LIFE_US = 100_000_000
_SEEDS_BYTES = 96


class Reading(Protocol):
    """How far candidate lists are published and ingested."""

    async def published(self) -> Mapping[int, int] | None:
        """Return how far they are published; None while that can't be told."""
        ...

    async def handled(self, upto: Mapping[int, int]) -> bool:
        """Tell whether all up to there are ingested for good; no while that can't be told."""
        ...


@dataclass(slots=True)
class _Former:
    """A key that isn't announced any more, and how far lists may be sealed to it."""

    looks: int = 0
    upto: Mapping[int, int] | None = None


class TransitKeyring:
    """Announces one key, and opens with older ones until what was sealed to them is ingested.

    Parameters
    ----------
    keys
        Shared by all instances.
    term
        The leader's, which this keyring is made for.
    reading
        How far candidate lists are ingested.
    pause
        Waits so many seconds.
    """

    def __init__(
        self,
        keys: Keyring,
        term: int,
        reading: Reading,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._keys = keys
        self._term = term
        self._reading = reading
        self._pause = pause
        self._former: dict[str, _Former] = {}
        self._current = self._create()

    def announced(self) -> TransitKey:
        """Return what alert's tickets tell match."""
        return self._current

    async def unwrap(self, key_id: str, wrapped: bytes, binding: bytes) -> bytes:
        """Return what was sealed to one of the keys.

        Raises
        ------
        Erased
            If the key is destroyed.
        Refused
            If it doesn't open.
        Transient
            If the key can't be read right now.
        """

        def work() -> bytes:
            try:
                secret = self._keys.open(f"{_PREFIX}{key_id}")
            except ValueError:
                raise Erased("there never was such a transit key") from None
            return _derive(secret).unwrap(wrapped, binding)

        return await asyncio.to_thread(work)

    async def retire(self, key_ids: Iterable[str]) -> None:
        """Destroy keys within two minutes, whatever waits for them and whatever is out of reach.

        What is sealed to them and not ingested by then is raised without its picture.

        Raises
        ------
        Transient
            If the key store can't be written; ask again.
        """
        for key_id in set(key_ids):
            try:
                await asyncio.to_thread(self._keys.shorten, f"{_PREFIX}{key_id}", _RETIRED_LIFE_US)
            except Erased:
                continue
            if key_id == self._current.key_id:
                await self._change()

    async def run(self) -> None:
        """Change the key every minute and destroy old ones, until cancelled."""
        looks = 0
        while True:
            await self._pause(_LOOK_S)
            looks += 1
            try:
                if looks >= _ROTATE_LOOKS:
                    await self._change()
                    looks = 0
                await self._destroy_former()
            except Transient as error:
                # The key store is out of reach: the current key goes on until it is back.
                _log.warning("transit key kept", error=type(error).__name__)

    async def _change(self) -> None:
        self._current = await asyncio.to_thread(self._create)

    async def _destroy_former(self) -> None:
        for key_id in await asyncio.to_thread(self._kept):
            self._former.setdefault(key_id, _Former())
        self._former.pop(self._current.key_id, None)
        for former in self._former.values():
            former.looks += 1
        # Oldest first: as long as lists wait for it, others wait for those that came later.
        for key_id, former in list(self._former.items()):
            if former.looks < _STILL_USED_LOOKS:
                continue
            if former.upto is None:
                former.upto = await self._reading.published()
            if former.upto is None or not await self._reading.handled(former.upto):
                return
            await asyncio.to_thread(self._keys.destroy, f"{_PREFIX}{key_id}")
            del self._former[key_id]

    def _kept(self) -> list[str]:
        """Return the keys of the store but for those of later terms, announced or not."""
        names = [name for name in self._keys.names() if name.startswith(_PREFIX)]
        key_ids = [name.removeprefix(_PREFIX) for name in names]
        return [key_id for key_id in key_ids if _term_of(key_id) <= self._term]

    def _create(self) -> TransitKey:
        key_id = f"{self._term}-{secrets.token_hex(8)}"
        name = f"{_PREFIX}{key_id}"
        self._keys.create(name, _LIFE_US)
        public_key = _derive(self._keys.open(name)).public_key
        return TransitKey(key_id=key_id, public_key=public_key, term=self._term)


def _term_of(key_id: str) -> int:
    """Return the term in which a key was made; before there were terms ids had none."""
    term, _, rest = key_id.partition("-")
    return int(term) if rest else 0


def _derive(secret: bytes) -> UnwrapKey:
    try:
        seeds = HKDFExpand(hashes.SHA256(), _SEEDS_BYTES, b"lethe transit key v1").derive(secret)
    finally:
        wipe_bytes(secret)
    try:
        return UnwrapKey.from_seeds(seeds)
    finally:
        wipe_bytes(seeds)
