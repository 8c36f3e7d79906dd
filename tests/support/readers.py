"""What a run left: the records of a topic, the alerts, and which search led to which."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from lethe.contracts.topic import Topic

_POLL_MS = 50


@contextmanager
def reading_topic(broker: str, topic: Topic) -> Iterator[list[bytes]]:
    """Collect the bodies of a topic; see `reading_topics`."""
    with reading_topics(broker, [topic]) as bodies:
        yield bodies[topic.name]


@contextmanager
def reading_topics(broker: str, topics: Iterable[Topic]) -> Iterator[dict[str, list[bytes]]]:
    """Collect the bodies of topics by name, from their beginning until the block ends.

    Of rolling topics the first generation. The broker may go away meanwhile, as one in memory
    does at the end of a run: what was read until then counts.
    """
    partitions = [
        TopicPartition(topic.name, n) for topic in topics for n in range(topic.partitions)
    ]
    bodies: dict[str, list[bytes]] = {partition.topic: [] for partition in partitions}
    stopping = threading.Event()
    caught_up = threading.Event()
    thread = threading.Thread(
        target=lambda: asyncio.run(_read(broker, partitions, bodies, stopping, caught_up))
    )
    thread.start()
    try:
        caught_up.wait()
        yield bodies
    finally:
        stopping.set()
        thread.join()


async def _read(
    broker: str,
    partitions: list[TopicPartition],
    bodies: dict[str, list[bytes]],
    stopping: threading.Event,
    caught_up: threading.Event,
) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, fetch_max_wait_ms=20)
    try:
        with suppress(KafkaError):
            await consumer.start()
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            while not stopping.is_set():
                for partition, records in (await consumer.getmany(timeout_ms=_POLL_MS)).items():
                    bodies[partition.topic] += [record.value for record in records]
                if all([await consumer.position(p) >= ends[p] for p in partitions]):
                    caught_up.set()
    finally:
        caught_up.set()
        # With its broker gone it cancels its own fetching, and then itself by waiting for that.
        with suppress(KafkaError, asyncio.CancelledError):
            await consumer.stop()


def searches_of(database: Path) -> dict[str, int]:
    """Return the sequence of the alert that each search led to, from alert's SQLite database."""
    return dict(_rows(database, "SELECT search_id, alert_sequence FROM searches"))


def deployments_of(database: Path) -> dict[int, str]:
    """Return the deployment of each alert by its sequence, from alert's SQLite database."""
    return dict(_rows(database, "SELECT sequence, deployment_id FROM alerts"))


def raising_ms_of(database: Path, *, after: int) -> list[float]:
    """Return how long each alert after a sequence took from its capture to its publication."""
    took = "(published_wall_us - captured_wall_us) / 1000.0"
    shown = f"sequence > {after:d} AND published_wall_us IS NOT NULL"
    query = f"SELECT {took} FROM alerts WHERE {shown} ORDER BY sequence"  # noqa: S608 - a number
    return [row[0] for row in _rows(database, query)]


def alerts_of(database: Path) -> list[tuple[int, str]]:
    """Return sequence and id of every alert, in rising sequence, from alert's SQLite database."""
    return _rows(database, "SELECT sequence, alert_id FROM alerts ORDER BY sequence")


def unannounced_of(database: Path) -> list[int]:
    """Return the sequences of alerts that are still to be announced, rising."""
    query = "SELECT sequence FROM alerts WHERE to_announce ORDER BY sequence"
    return [row[0] for row in _rows(database, query)]


def _rows(database: Path, query: str) -> list[Any]:
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(query).fetchall()
    connection.close()
    return rows
