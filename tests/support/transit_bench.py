"""A keyring of transit keys over keys in files, whose seconds pass when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from lethe.alert.keyring import Keyring
from lethe.alert.transit import TransitKeyring
from lethe.contracts.errors import Erased
from lethe.contracts.keys import TransitKey
from lethe.shredding.wrapping import wrap

CROP, BINDING = b"a crop", b"its candidate list"
_LONG_S = 20.0


class Pauses:
    """Pauses that end when the test says so."""

    def __init__(self) -> None:
        self._begun: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()
        self._over: asyncio.Event | None = None
        self.passed_s = 0.0

    async def __call__(self, seconds: float) -> None:
        over = asyncio.Event()
        self._begun.put_nowait((seconds, over))
        await over.wait()

    async def until(self, second: float) -> None:
        """Let so many seconds pass since the start, and what is done within them be done."""
        while True:
            seconds, over = await asyncio.wait_for(self._begun.get(), _LONG_S)
            if self.passed_s + seconds > second:
                self._begun.put_nowait((seconds, over))
                return
            self.passed_s += seconds
            over.set()


class Reading:
    """How far candidate lists are published and ingested."""

    def __init__(self) -> None:
        self.published_upto: int | None = 0
        self.handled_upto = 0

    async def published(self) -> Mapping[int, int] | None:
        return None if self.published_upto is None else {0: self.published_upto}

    async def handled(self, upto: Mapping[int, int]) -> bool:
        return upto[0] <= self.handled_upto


class TransitBench:
    """A running keyring of transit keys over keys in files."""

    def __init__(self, keys: Keyring, term: int = 1) -> None:
        self.keys = keys
        self.pauses, self.reading = Pauses(), Reading()
        self.transit = TransitKeyring(self.keys, term, self.reading, pause=self.pauses)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.transit.run())
        yield
        assert not task.done(), "it ended by itself"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def opens(self, key: TransitKey, sealed: bytes) -> bool:
        try:
            return await self.transit.unwrap(key.key_id, sealed, BINDING) == CROP
        except Erased:
            return False

    def kept(self) -> list[str]:
        return [name for name in self.keys.names() if name.startswith("transit-")]


def sealed_to(key: TransitKey) -> bytes:
    return wrap(CROP, key.public_key, BINDING)
