"""Match's handlers over a desk on the live path."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.support.match_desk import MatchDesk
from tests.support.members import member_of
from tests.support.publishing import FakePublisher

from lethe.contracts.keys import Role
from lethe.match.handlers import Handlers
from lethe.shredding.trust import LocalTrust


class Match:
    """Handlers over a desk on the live path."""

    def __init__(self, trust: LocalTrust) -> None:
        self.world = MatchDesk(trust)
        self.publisher = FakePublisher(self.world.clock)
        self.member = member_of(trust, Role.MATCH, self.world.clock, self.world.book)
        self.handlers = Handlers(
            self.member, self.publisher, self.world.watchlists, self.world.transit, batch=4
        )

    def has_rescued(self, count: int) -> bool:
        return len(self.world.rescued) == count

    async def while_running(
        self, part: Awaitable[None], act: Callable[[], Awaitable[None]]
    ) -> None:
        """Run a part of match until `act` has seen what it waits for."""
        task = asyncio.ensure_future(part)
        try:
            await act()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), "the part ended by itself"
