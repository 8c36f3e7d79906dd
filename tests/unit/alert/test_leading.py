"""When an instance leads, and when it stops."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.brokers import eventually

from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.leading import Leadership

OWNER, STANDBY = frozenset({0}), frozenset[int]()
SESSION_S = 0.1


@dataclass
class FakeReign:
    """A reign, and its own tenure, whose one part tells whether it goes on."""

    number: int
    office: "Office"
    works: bool = False
    closed: bool = False

    @property
    def tenure(self) -> "FakeReign":
        return self

    async def is_over(self) -> bool:
        if self.office.database_away:
            raise DatabaseUnavailable("away")
        return self.number < self.office.newest

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        return [self._work()]

    def close(self) -> None:
        self.closed = True

    async def _work(self) -> None:
        self.works = True
        try:
            await self.office.mistake.wait()
            raise ValueError
        finally:
            self.works = False


@dataclass
class Office:
    """One instance, and the database that all share."""

    newest: int = 0
    database_away: bool = False
    reigns: list[FakeReign] = field(default_factory=list)
    mistake: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        begin: Any = self._begin
        self.leadership = Leadership(begin, session_s=SESSION_S)
        self.running = asyncio.create_task(self.leadership.run())

    async def _begin(self) -> FakeReign:
        if self.database_away:
            raise DatabaseUnavailable("away")
        self.newest += 1
        self.reigns.append(FakeReign(self.newest, self))
        return self.reigns[-1]

    def overtaken(self) -> None:
        """Let another instance take over."""
        self.newest += 1

    async def told(self, partitions: frozenset[int]) -> None:
        await self.leadership.on_change(partitions, 1)


@pytest.fixture(name="office")
async def office_() -> AsyncIterator[Office]:
    office = Office()
    yield office
    office.running.cancel()
    await asyncio.gather(office.running, return_exceptions=True)
    assert not any(reign.works for reign in office.reigns)


async def test_an_instance_leads_once_its_group_says_so(office: Office) -> None:
    leadership = office.leadership
    assert leadership.unreadiness() == "not in its group yet"
    assert not leadership.stands_by
    await office.told(STANDBY)
    assert leadership.stands_by
    assert leadership.unreadiness() == "another instance leads"
    await office.told(OWNER)
    await eventually(lambda: bool(office.reigns) and office.reigns[0].works)
    assert leadership.unreadiness() is None
    assert not leadership.stands_by


async def test_an_instance_that_loses_the_partition_drops_all_it_led_with(office: Office) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    await office.told(STANDBY)
    await eventually(lambda: office.leadership.reign is None)
    assert office.reigns[0].closed
    await office.told(OWNER)
    await eventually(lambda: len(office.reigns) == 2 and office.reigns[1].works)


async def test_nothing_of_a_reign_is_kept_when_it_is_over(office: Office) -> None:
    await office.told(OWNER)
    await eventually(lambda: bool(office.reigns) and office.reigns[0].works)
    kept = weakref.ref(office.reigns.pop())
    assert kept() is not None
    await office.told(STANDBY)
    await eventually(lambda: office.leadership.stands_by)
    gc.collect()
    assert kept() is None, "what it led with, keys among it, is still in memory"


async def test_a_leader_that_is_confirmed_goes_on_in_its_term(office: Office) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    await office.told(OWNER)
    await office.told(OWNER)
    await eventually(lambda: not office.leadership._word.is_set())
    assert len(office.reigns) == 1
    assert not office.reigns[0].closed


async def test_a_leader_that_was_overtaken_stops_though_its_group_did_not_tell_it(
    office: Office,
) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    office.overtaken()
    await eventually(lambda: office.reigns[0].closed)
    assert not office.reigns[0].works


async def test_an_overtaken_leader_that_owns_the_partition_after_all_leads_again(
    office: Office,
) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    office.overtaken()
    await eventually(lambda: len(office.reigns) == 2)
    assert office.reigns[1].number > office.reigns[0].number + 1


async def test_an_overtaken_leader_whose_group_tells_it_stands_by(office: Office) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    office.overtaken()
    await office.told(STANDBY)
    await eventually(lambda: office.leadership.stands_by)
    assert len(office.reigns) == 1


async def test_while_the_database_is_away_a_leader_stays_and_a_successor_waits(
    office: Office,
) -> None:
    await office.told(OWNER)
    await eventually(lambda: office.leadership.reign is not None)
    office.database_away = True
    await office.told(OWNER)
    await eventually(lambda: not office.leadership._word.is_set())
    assert not office.reigns[0].closed
    await office.told(STANDBY)
    await eventually(lambda: office.leadership.reign is None)
    await office.told(OWNER)
    await eventually(lambda: office.leadership.unreadiness() == "taking over")
    office.database_away = False
    await eventually(lambda: len(office.reigns) == 2)


async def test_a_part_that_fails_ends_the_process(office: Office) -> None:
    await office.told(OWNER)
    await eventually(lambda: bool(office.reigns) and office.reigns[0].works)
    office.mistake.set()
    with pytest.raises(BaseExceptionGroup):
        await office.running
    assert office.leadership.reign is None
