"""What was decided is neither lost nor skipped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.brokers import eventually, publishing, settings_for

from lethe.contracts.errors import Refused, Transient
from lethe.contracts.topics import CANDIDATES_FOUND
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.runtime.publisher import Publisher
from lethe.runtime.records import Handler, Record


@asynccontextmanager
async def durable(
    broker: str, publisher: Publisher, handler: Handler
) -> AsyncIterator[DurableReader]:
    settings = settings_for(broker, "durable")
    reader = DurableReader(
        settings, "alert", CANDIDATES_FOUND, handler, DeadLetters(settings, publisher)
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
            while not await reader.caught_up():  # noqa: ASYNC110 - the broker sets no event
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
