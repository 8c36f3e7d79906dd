"""Everything sealed that a run puts on the broker, grants and lists among it: taped as it comes.

Whatever of it can be found on a disk later is on the tape.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from lethe.contracts.headers import read_address
from lethe.contracts.keys import KeyGranted
from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SealAddress, SignedEnvelope
from lethe.contracts.topic import Topic
from lethe.contracts.topics import (
    CANDIDATES_FOUND,
    FRAME_CAPTURED,
    KEY_GRANTED,
    PROBE_EXTRACTED,
    REFERENCE_EXTRACTED,
    REFERENCE_SUBMITTED,
    VIEW_MADE,
)

_TAPED: tuple[Topic, ...] = (
    FRAME_CAPTURED,
    PROBE_EXTRACTED,
    VIEW_MADE,
    REFERENCE_SUBMITTED,
    REFERENCE_EXTRACTED,
    KEY_GRANTED,
    CANDIDATES_FOUND,
)
_POLL_MS = 100


@dataclass(frozen=True, slots=True)
class TapedRecord:
    """A sealed record."""

    topic: str
    address: SealAddress
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Tape:
    """What came so far, in the order in which it came."""

    records: list[TapedRecord] = field(default_factory=list)
    grants: list[KeyGranted] = field(default_factory=list)
    lists: list[CandidatesFound] = field(default_factory=list)

    def take(self, record: ConsumerRecord) -> None:
        """Take a record of one of the topics."""
        if record.topic == KEY_GRANTED.name:
            self.grants.append(KeyGranted.decode(SignedEnvelope.decode(record.value).payload))
        elif record.topic == CANDIDATES_FOUND.name:
            self.lists.append(CandidatesFound.decode(SignedEnvelope.decode(record.value).payload))
        else:
            address = read_address(record.headers)
            self.records.append(TapedRecord(record.topic, address, record.value))


@contextmanager
def taping(broker: str) -> Iterator[Tape]:
    """Tape until the block ends; a broker that is away meanwhile is waited for."""
    # The client tells of every attempt to reach a broker that is away, twenty times a second.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    tape, stopping, begun = Tape(), threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_read(broker, tape, stopping, begun)))
    thread.start()
    try:
        begun.wait()
        yield tape
    finally:
        stopping.set()
        thread.join()


async def _read(broker: str, tape: Tape, stopping: threading.Event, begun: threading.Event) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, fetch_max_wait_ms=_POLL_MS, auto_offset_reset="earliest"
    )
    try:
        await consumer.start()
        places = [TopicPartition(t.name, n) for t in _TAPED for n in range(t.partitions)]
        consumer.assign(places)
        await consumer.seek_to_end(*places)
        await _positions(consumer.position(place) for place in places)
        begun.set()
        while not stopping.is_set():
            with suppress(KafkaError):
                for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                    for record in records:
                        tape.take(record)
    finally:
        begun.set()
        with suppress(KafkaError, asyncio.CancelledError):
            await consumer.stop()


async def _positions(asked: Iterator[Awaitable[int]]) -> None:
    """Know from where each partition is read: what comes from now on is taped."""
    for each in asked:
        await each
