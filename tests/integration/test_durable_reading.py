"""What was decided is neither lost nor skipped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.support.brokers import eventually, publishing, settings_for

from lethe.contracts.errors import Refused, Transient
from lethe.contracts.topics import CANDIDATES_FOUND
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.runtime.ownership import Change
from lethe.runtime.publisher import Publisher
from lethe.runtime.records import Handler, Record


@asynccontextmanager
async def durable(
    broker: str,
    publisher: Publisher,
    handler: Handler,
    *,
    name: str = "durable",
    on_change: Change | None = None,
) -> AsyncIterator[DurableReader]:
    settings = settings_for(broker, name)
    reader = DurableReader(
        settings, "alert", CANDIDATES_FOUND, handler, DeadLetters(settings, publisher), on_change
    )
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_record_whose_handling_failed_for_now_is_tried_again_before_the_next(
    broker: str,
) -> None:
    seen: list[bytes] = []
    failures = [Transient("the database is away"), Transient("still away")]

    async def handler(record: Record) -> None:
        if failures:
            raise failures.pop()
        seen.append(record.body)

    async with publishing(settings_for(broker, "p")) as publisher:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"first")
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"second")
        async with durable(broker, publisher, handler):
            await eventually(lambda: seen == [b"first", b"second"])


async def test_a_record_that_was_not_handled_when_the_process_ended_comes_again(
    broker: str,
) -> None:
    begun = asyncio.Event()
    seen: list[bytes] = []

    async def hang(_record: Record) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def handle(record: Record) -> None:
        seen.append(record.body)

    async with publishing(settings_for(broker, "p")) as publisher:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"decided")
        async with durable(broker, publisher, hang):
            await begun.wait()
        async with durable(broker, publisher, handle) as reader:
            await eventually(lambda: seen == [b"decided"])
            published = await reader.published()
            assert published == {0: 1}
            while not await reader.handled(published):  # noqa: ASYNC110 - the broker sets no event
                await asyncio.sleep(0.01)
        async with durable(broker, publisher, handle):
            await publisher.send(CANDIDATES_FOUND, "camera-1", b"next")
            await eventually(lambda: seen == [b"decided", b"next"])


async def test_a_record_that_can_never_be_handled_is_passed_over(broker: str) -> None:
    seen: list[bytes] = []

    async def handler(record: Record) -> None:
        if record.body == b"forged":
            raise Refused("not signed by match")
        seen.append(record.body)

    async with publishing(settings_for(broker, "p")) as publisher:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"forged")
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"genuine")
        async with durable(broker, publisher, handler):
            await eventually(lambda: seen == [b"genuine"])


class Member:
    """What one reader was told it reads, each time."""

    def __init__(self) -> None:
        self.told: list[frozenset[int]] = []

    async def on_change(self, partitions: frozenset[int], _generation: int) -> None:
        self.told.append(partitions)


async def test_a_reader_keeps_its_partition_when_others_join_and_leaves_what_it_had_in_hand(
    broker: str,
) -> None:
    seen: list[bytes] = []
    begun = asyncio.Event()

    async def fail(_record: Record) -> None:
        begun.set()
        raise Transient("the database is away")

    async def handle(record: Record) -> None:
        seen.append(record.body)

    # Named so that a sharing out by name would give it to the one that comes later.
    late, early = Member(), Member()
    async with publishing(settings_for(broker, "p")) as publisher, AsyncExitStack() as first:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"decided")
        reading = durable(broker, publisher, fail, name="z", on_change=late.on_change)
        await first.enter_async_context(reading)
        await begun.wait()
        async with durable(broker, publisher, handle, name="a", on_change=early.on_change):
            await eventually(lambda: bool(early.told) and len(late.told) > 1)
            assert set(early.told) == {frozenset()}
            assert set(late.told) == {frozenset({0})}
            assert seen == []
            await first.aclose()
            await eventually(lambda: seen == [b"decided"])
