"""One purge whose reign is tested, with receipts and a memory that may fail."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.support.brokers import eventually
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with, heard
from tests.support.pipeline import CAMERA_ROLES

from lethe.contracts.errors import Transient
from lethe.contracts.keys import KeyGranted
from lethe.purge.reign import Reign
from lethe.shredding.trust import LocalTrust

EVERYBODY = {"ingest-1", "detect-1", "match-1"}
LEADS, FOLLOWS = frozenset({0}), frozenset[int]()


class Receipts:
    """Takes what it is told; `lost` is what a full disk makes of it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.told: list[KeyGranted] = []
        self.lost = False
        self.is_full = False
        self.full_after: int | None = None
        self.fault: str | None = None

    async def begin(self, term: str) -> None:
        self._require_room()
        self.is_full, self.fault = False, None
        self.steps.append(term)

    async def tell(self, granted: Sequence[KeyGranted]) -> None:
        self._require_room()
        self.told += granted
        if self.full_after == len(self.told):
            self.is_full = True

    async def end(self, reason: str) -> None:
        self.steps.append(reason)

    def _require_room(self) -> None:
        if self.lost:
            raise Transient("no space left")


class Memory:
    """Remembers; `fault` is what a full disk makes of it."""

    def __init__(self) -> None:
        self.is_kept = True
        self.fault: str | None = None


class Purge:
    """One purge instance; `refusing` names holders whose grants the broker doesn't take."""

    def __init__(self, trust: LocalTrust) -> None:
        self.trust = trust
        self.book = book_with(trust, an_order())
        self.custody = Custody(self.book)
        self.published: list[KeyGranted] = []
        self.refusing: set[str] = set()
        self.failure: type[Exception] = Transient
        self.receipts = Receipts()
        self.memory = Memory()
        self.reign = Reign(
            self.book,
            self.custody.suspensions,
            self.custody.clock,
            self._publish,
            self.receipts,
            self.memory,
        )

    async def _publish(self, granted: KeyGranted) -> None:
        assert granted in self.receipts.told
        if granted.holder in self.refusing:
            raise self.failure("not published")
        self.published.append(granted)

    def hear_everybody(self) -> None:
        """Let everybody's ticket arrive."""
        for role in CAMERA_ROLES:
            self.reign.hear(heard(self.custody.ticket(role), self.custody.clock.now()))

    def holders(self) -> list[str]:
        return [granted.holder for granted in self.published]

    async def until_granted(self, count: int) -> None:
        await eventually(lambda: len(self.published) >= count)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.reign.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
