"""Polling past records that no client can take apart: they must not hold up what is behind them.

Who may write to a topic may write a header whose name isn't UTF-8, a batch that is compressed
(none is unpacked here), or one that lies about its length. The broker keeps such records, and the
client raises on them, at every poll anew.
"""

import asyncio
import zlib

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError

from lethe.contracts.topics import plain_name
from lethe.runtime import metrics
from lethe.runtime.compression import unpack_nothing

Batches = dict[TopicPartition, list[ConsumerRecord]]

_UNREADABLE = (
    CorruptRecordException,
    UnsupportedCodecError,
    ValueError,
    IndexError,
    EOFError,
    OSError,
    zlib.error,
)
_ROUNDS = 200
_PAUSE_S = 0.01
_log = structlog.get_logger()


class Poller:
    """Brings what a consumer fetched, and counts and passes over what can't be read.

    Parameters
    ----------
    consumer
        Whoever assigns or seeks calls `note_places` afterwards.
    """

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        unpack_nothing()
        self._consumer = consumer
        self._places: dict[TopicPartition, int] = {}

    async def note_places(self) -> None:
        """Remember where every partition is read now."""
        assigned = self._consumer.assignment()
        self._places = {p: await self._consumer.position(p) for p in assigned}

    async def poll(self, timeout_ms: int) -> Batches:
        """Return what has come; nothing after a while."""
        try:
            batches: Batches = await self._consumer.getmany(timeout_ms=timeout_ms)
        except _UNREADABLE:
            return await self._around()
        self._note_read(batches)
        return batches

    async def _around(self) -> Batches:
        """Read record by record until one can't be read, and go on behind it."""
        await self._go_back()
        batches: Batches = {}
        for _ in range(_ROUNDS):
            brought = False
            for partition in self._consumer.assignment() - self._consumer.paused():
                try:
                    one: Batches = await self._consumer.getmany(partition, max_records=1)
                except _UNREADABLE as error:
                    await self._pass_over(partition, error)
                    return batches
                self._note_read(one)
                for records in one.values():
                    batches.setdefault(partition, []).extend(records)
                    brought = True
            if not brought:
                await asyncio.sleep(_PAUSE_S)
        return batches

    def _note_read(self, batches: Batches) -> None:
        for partition, records in batches.items():
            self._places[partition] = records[-1].offset + 1

    async def _go_back(self) -> None:
        """Undo what the failed poll took from other partitions and didn't bring."""
        for partition in self._consumer.assignment() & self._places.keys():
            if await self._consumer.position(partition) != self._places[partition]:
                self._consumer.seek(partition, self._places[partition])

    async def _pass_over(self, partition: TopicPartition, error: Exception) -> None:
        offset = await self._consumer.position(partition)
        self._places[partition] = offset + 1
        self._consumer.seek(partition, offset + 1)
        metrics.RECORDS_UNREADABLE.labels(plain_name(partition.topic)).inc()
        _log.warning(
            "record not readable",
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            error=type(error).__name__,
        )
