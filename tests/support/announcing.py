"""What tells systems outside of alerts, running on a desk in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from tests.support.alert_desk import DeskBench
from tests.support.publishing import FakePublisher

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.announcing import Announcer
from lethe.alert.handlers import Outbox
from lethe.contracts.adjudication import AlertAdjudicated
from lethe.contracts.live import AlertRaised
from lethe.contracts.topics import ALERT_ADJUDICATED, ALERT_RAISED

_NOBODY = cast("Any", None)


class Listeners:
    """The systems outside, as the topics have it; `publisher` refuses what a broker may."""

    def __init__(self) -> None:
        self.publisher = FakePublisher()
        self.outbox = Outbox(_NOBODY, self.publisher)

    @property
    def raised(self) -> list[AlertRaised]:
        return [AlertRaised.decode(sent.body) for sent in self.publisher.of(ALERT_RAISED)]

    @property
    def adjudicated(self) -> list[AlertAdjudicated]:
        sent = self.publisher.of(ALERT_ADJUDICATED)
        return [AlertAdjudicated.decode(each.body) for each in sent]


def announcer_of(bench: DeskBench, listeners: Listeners, *withdrawn: str) -> Announcer:
    """Return an announcer under orders of which some subjects are withdrawn."""
    return Announcer(bench.log, listeners.outbox, lambda _: withdrawn, bench.clock)


@asynccontextmanager
async def running(announcer: Announcer) -> AsyncIterator[None]:
    """Announce until the block ends."""
    task = asyncio.create_task(announcer.run())
    yield
    assert not task.done(), task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def announcing(bench: DeskBench, listeners: Listeners) -> AsyncIterator[Adjudicator]:
    """Announce until the block ends, and give what takes adjudications."""
    announcer = announcer_of(bench, listeners)
    async with running(announcer):
        yield Adjudicator(bench.desk.handling, announcer)
