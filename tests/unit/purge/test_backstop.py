"""When sealed records are deleted from the broker."""

import structlog
from tests.support.clocks import FakeClock, TrueTime

from lethe.contracts.errors import Transient
from lethe.purge.backstop import MARGIN_MS, Backstop, Ends

BUDGET_MS = 1_000
OLD_MS = BUDGET_MS + MARGIN_MS
PLACE = ("lethe.ingest.frame-captured.v1", 3)


class Log:
    """A broker whose partitions grow and are deleted from; refuses when told to."""

    def __init__(self) -> None:
        self.end = 0
        self.deleted_before: list[int] = []
        self.refuses = False

    async def ends(self) -> Ends:
        return {PLACE: self.end}

    async def delete_before(self, ends: Ends) -> None:
        if self.refuses:
            raise Transient("no right to delete")
        self.deleted_before.append(ends[PLACE])


class Scene:
    def __init__(self) -> None:
        self.time = TrueTime()
        self.log = Log()
        self.clock = FakeClock(self.time)
        self.backstop = Backstop(self.log, self.clock, lambda: True, budget_ms=BUDGET_MS)

    async def later(self, milliseconds: int) -> None:
        self.time.advance_ms(milliseconds)
        await self.backstop.look()


async def test_a_record_is_deleted_once_it_is_older_than_the_budget_and_a_margin() -> None:
    scene = Scene()
    scene.log.end = 7
    await scene.later(0)
    scene.log.end = 9
    await scene.later(OLD_MS - 1)
    assert scene.log.deleted_before == []
    await scene.later(1)
    assert scene.log.deleted_before == [7]
    await scene.later(OLD_MS)
    assert scene.log.deleted_before == [7, 9]


async def test_a_partition_that_didnt_grow_is_asked_for_once() -> None:
    scene = Scene()
    scene.log.end = 7
    for _ in range(10):
        await scene.later(OLD_MS)
    assert scene.log.deleted_before == [7]


async def test_a_broker_that_lost_its_records_is_asked_again_from_the_beginning() -> None:
    scene = Scene()
    scene.log.end = 700
    await scene.later(0)
    await scene.later(OLD_MS)
    assert scene.log.deleted_before == [700]
    scene.log.refuses, scene.log.end = True, 701
    await scene.later(OLD_MS)
    await scene.later(OLD_MS)
    scene.log.refuses, scene.log.end = False, 3
    await scene.later(0)
    await scene.later(OLD_MS)
    assert scene.log.deleted_before == [700, 3]


async def test_a_wall_clock_that_is_set_changes_nothing() -> None:
    scene = Scene()
    scene.log.end = 7
    await scene.later(0)
    scene.clock.step_wall(3_600_000)
    await scene.later(1)
    assert scene.log.deleted_before == []


async def test_a_broker_that_refuses_is_told_of_once_and_asked_again() -> None:
    scene = Scene()
    scene.log.end, scene.log.refuses = 7, True
    with structlog.testing.capture_logs() as lines:
        for _ in range(8):
            await scene.later(OLD_MS)
    assert [line["reason"] for line in lines] == ["no right to delete"]
    scene.log.refuses = False
    await scene.later(0)
    await scene.later(OLD_MS)
    assert scene.log.deleted_before == [7]
