"""What a camera counted reaches purge, in its order, whatever the broker refuses meanwhile."""

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from tests.support.clocks import FakeClock

from lethe.contracts.errors import Transient
from lethe.contracts.live import SlotClosed
from lethe.ingest.counts import Counts
from lethe.ingest.tally import DropReason, Tally


class Broker:
    """Takes what comes while it is there."""

    def __init__(self) -> None:
        self.is_there = True
        self.taken: list[str | None] = []

    async def take(self, counts: Sequence[SlotClosed]) -> None:
        await asyncio.sleep(0)
        if not self.is_there:
            raise Transient("away")
        self.taken += [closed.slot for closed in counts]


def counted(slot: str) -> list[SlotClosed]:
    tally = Tally("gate-1", "ingest-1", FakeClock())
    tally.dropped("deployment-1", slot, DropReason.OVERTAKEN)
    return tally.drain()


@given(st.lists(st.booleans(), min_size=1))
def test_every_count_is_told_once_and_in_order_when_the_broker_is_back(there: list[bool]) -> None:
    async def run() -> None:
        broker = Broker()
        counts = Counts(broker.take)
        for number, is_there in enumerate(there):
            broker.is_there = is_there
            await counts.tell(counted(f"slot-{number}"))
        broker.is_there = True
        await counts.tell([])
        assert broker.taken == [f"slot-{number}" for number in range(len(there))]

    asyncio.run(run())


async def test_a_camera_leaves_its_counts_to_another_that_waits_for_the_broker() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    taken: list[str | None] = []

    async def slow(told: Sequence[SlotClosed]) -> None:
        begun.set()
        await go_on.wait()
        taken.extend(closed.slot for closed in told)

    counts = Counts(slow)
    first = asyncio.create_task(counts.tell(counted("slot-1")))
    await begun.wait()
    await counts.tell(counted("slot-2"))
    assert taken == []
    go_on.set()
    await first
    assert taken == ["slot-1", "slot-2"]


async def test_cameras_that_tell_at_the_same_time_repeat_nothing() -> None:
    broker = Broker()
    counts = Counts(broker.take)
    slots = [f"slot-{number}" for number in range(5)]
    await asyncio.gather(*(counts.tell(counted(slot)) for slot in slots))
    assert broker.taken == slots
