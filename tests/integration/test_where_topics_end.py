"""Where a topic ends is told right, also when its last records were written together."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer, TopicPartition
from tests.integration.test_durable_reading import durable
from tests.support.brokers import eventually, publishing, settings_for

from lethe.contracts.errors import Transient
from lethe.contracts.topics import CANDIDATES_FOUND, DEPLOYMENT_ORDERED
from lethe.runtime.consumer import Consumer
from lethe.runtime.kept_topic import read_whole
from lethe.runtime.records import Record

PARTITION = TopicPartition(CANDIDATES_FOUND.name, 0)


@asynccontextmanager
async def writing_together(broker: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write_together(producer: AIOKafkaProducer, topic: str, bodies: Sequence[bytes]) -> None:
    """Write records as one batch."""
    batch = producer.create_batch()
    for body in bodies:
        batch.append(key=b"key", value=body, timestamp=None, headers=[])
    batch.close()
    await (await producer.send_batch(batch, topic, partition=0))


async def test_the_end_is_behind_the_last_record_of_the_last_batch(broker: str) -> None:
    consumer = Consumer(bootstrap_servers=broker, enable_auto_commit=False)
    other = TopicPartition(DEPLOYMENT_ORDERED.name, 0)
    await consumer.start()
    try:
        assert await consumer.end_offsets([PARTITION, other]) == {PARTITION: 0, other: 0}
        written = 0
        async with writing_together(broker) as producer:
            for count in (1, 3, 5, 1, 2):
                await write_together(producer, PARTITION.topic, [b"list"] * count)
                written += count
                told = await consumer.end_offsets([PARTITION, other])
                assert told == {PARTITION: written, other: 0}
    finally:
        await consumer.stop()


async def test_a_list_that_was_written_with_others_is_waited_for(broker: str) -> None:
    # A transit key is destroyed once every list that was published is handled.
    seen: list[bytes] = []
    held, away = asyncio.Event(), True

    async def handler(record: Record) -> None:
        if record.body == b"last" and away:
            held.set()
            raise Transient("the database is away")
        seen.append(record.body)

    async with (
        writing_together(broker) as producer,
        publishing(settings_for(broker, "p")) as publisher,
        durable(broker, publisher, handler) as reader,
    ):
        await write_together(producer, PARTITION.topic, [b"first", b"second", b"last"])
        await held.wait()
        published = await reader.published()
        assert published == {0: 3}
        assert not await reader.handled(published)
        assert await reader.backlog() == 1
        away = False
        await eventually(lambda: seen == [b"first", b"second", b"last"])
        while not await reader.handled(published):  # noqa: ASYNC110 - the broker sets no event
            await asyncio.sleep(0.01)


async def test_a_topic_is_read_as_a_whole(broker: str) -> None:
    bodies = [b"one", b"two", b"three"]
    async with writing_together(broker) as producer:
        await write_together(producer, DEPLOYMENT_ORDERED.name, bodies)
    told = await read_whole({"bootstrap_servers": broker}, DEPLOYMENT_ORDERED)
    assert told == bodies
