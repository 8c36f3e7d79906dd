"""Cameras are shared out among instances, and taken over when one is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.brokers import eventually, settings_for

from lethe.contracts.topic import Topic
from lethe.contracts.topics import CAMERA_ASSIGNED, PURGE_LEADERSHIP
from lethe.runtime.ownership import Ownership

ALL = set(range(CAMERA_ASSIGNED.partitions))


class Member:
    """What one instance was told it owns."""

    def __init__(self) -> None:
        self.partitions: frozenset[int] = frozenset()
        self.generation = -1

    async def on_change(self, partitions: frozenset[int], generation: int) -> None:
        self.partitions, self.generation = partitions, generation


@asynccontextmanager
async def joined(broker: str, name: str, topic: Topic) -> AsyncIterator[Member]:
    member = Member()
    ownership = Ownership(settings_for(broker, name), "role", topic, member.on_change)
    task = asyncio.create_task(ownership.run())
    try:
        yield member
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_one_instance_owns_all_cameras_and_two_share_them(broker: str) -> None:
    async with joined(broker, "one", CAMERA_ASSIGNED) as one:
        await eventually(lambda: set(one.partitions) == ALL)
        alone = one.generation
        async with joined(broker, "two", CAMERA_ASSIGNED) as two:
            await eventually(lambda: bool(two.partitions) and one.generation == two.generation)
            assert one.generation > alone
            assert one.partitions
            assert set(one.partitions | two.partitions) == ALL
            assert not one.partitions & two.partitions
        await eventually(lambda: set(one.partitions) == ALL)


async def test_exactly_one_of_two_purges_leads_and_the_standby_takes_over(broker: str) -> None:
    async with joined(broker, "standby", PURGE_LEADERSHIP) as first:
        await eventually(lambda: bool(first.partitions))
        async with joined(broker, "other", PURGE_LEADERSHIP) as second:
            await eventually(lambda: second.generation >= 0)
            await eventually(lambda: len(first.partitions) + len(second.partitions) == 1)
        await eventually(lambda: bool(first.partitions))
