"""A topic that the broker keeps, read as a whole and added to, outside of any service."""

from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from lethe.contracts.topic import Topic
from lethe.runtime.consumer import Consumer
from lethe.runtime.poller import Poller

_WAIT_MS = 500


async def read_whole(options: dict[str, Any], topic: Topic) -> list[bytes]:
    """Return the bodies that lie in a topic's first partition now, oldest first.

    Parameters
    ----------
    options
        Those of `BrokerSettings.connection`.
    """
    partition = TopicPartition(topic.name, 0)
    bodies: list[bytes] = []
    consumer = Consumer(**options, enable_auto_commit=False)
    poller = Poller(consumer)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            for records in (await poller.poll(_WAIT_MS)).values():
                bodies += [record.value for record in records if record.value]
    finally:
        await consumer.stop()
    return bodies


async def add(options: dict[str, Any], topic: Topic, bodies: Mapping[str, bytes]) -> None:
    """Write bodies by their keys to a topic's first partition; options as in `read_whole`."""
    producer = AIOKafkaProducer(**options)
    await producer.start()
    try:
        for key, body in bodies.items():
            await producer.send_and_wait(topic.name, body, key=key.encode(), partition=0)
    finally:
        await producer.stop()
