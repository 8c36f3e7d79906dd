"""One consumer with manual assignment that keeps its place when the assignment changes."""

import asyncio
from collections.abc import Collection, Iterable

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from lethe.runtime import metrics
from lethe.runtime.reaching import refusal
from lethe.runtime.settings import ServiceSettings

_POLL_MS = 200
_MAX_FETCH_BYTES = 8 * 1024 * 1024
_log = structlog.get_logger()

Batches = dict[TopicPartition, list[ConsumerRecord]]


class Feed:
    """Brings the records of the partitions assigned to it.

    Parameters
    ----------
    fetch_wait_ms
        How long the broker may wait for something to send. Some brokers use all of it, so it
        is short where records are urgent; each fetch costs broker and reader alike, and on some
        brokers each partition in it.
    """

    def __init__(self, settings: ServiceSettings, fetch_wait_ms: int) -> None:
        self._was_assigned = False
        self._changing = asyncio.Lock()
        self._consumer = AIOKafkaConsumer(
            **settings.broker_options(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=fetch_wait_ms,
            max_partition_fetch_bytes=_MAX_FETCH_BYTES,
            retry_backoff_ms=50,
        )

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._consumer.stop()

    async def rewind(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Read these and no others, from their beginning; return where they end now."""
        self._consumer.assign(partitions)
        await self._consumer.seek_to_beginning(*partitions)
        ends: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        return ends

    async def has_reached(self, ends: dict[TopicPartition, int]) -> bool:
        """Tell whether everything before these offsets was brought."""
        positions = await self.positions()
        return all(positions[partition] >= end for partition, end in ends.items())

    async def positions(self) -> dict[TopicPartition, int]:
        """Return the offset that comes next, of every partition that is read."""
        return {p: await self._consumer.position(p) for p in self._consumer.assignment()}

    async def assign(
        self,
        wanted: list[TopicPartition],
        *,
        positions: dict[TopicPartition, int] | None = None,
        idle: Collection[TopicPartition] = (),
        opened: Collection[TopicPartition] = (),
    ) -> None:
        """Read these and no others: those read before go on where they are.

        Parameters
        ----------
        positions
            Where those that another feed has read so far go on.
        idle
            Those of `wanted` that aren't fetched until `wake`; their place is kept.
        opened
            Those that were made just now: they are read from their beginning, other new ones
            from their end.
        """
        async with self._changing:
            known = await self.positions() | (positions or {})
            self._consumer.assign(wanted)
            for partition in known.keys() & set(wanted):
                self._consumer.seek(partition, known[partition])
            fresh = [p for p in wanted if p not in known]
            if first := [p for p in fresh if p in opened]:
                await self._consumer.seek_to_beginning(*first)
            if late := [p for p in fresh if p not in opened]:
                await self._consumer.seek_to_end(*late)
            self._consumer.pause(*idle)
        self._was_assigned = True

    def wake(self, partitions: Iterable[TopicPartition]) -> None:
        """Fetch these from where they were left."""
        self._consumer.resume(*(set(partitions) & self._consumer.paused()))

    async def poll(self) -> Batches:
        """Return what has come; nothing after a while.

        Raises
        ------
        InvalidInput
            If the broker refuses a topic before the first assignment was read.
        """
        async with self._changing:
            return await self._poll()

    async def _poll(self) -> Batches:
        try:
            batches: Batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        except OffsetOutOfRangeError as error:
            # The broker lost or deleted what would have come next: go on at the end, say so.
            for partition in error.args[0] if error.args else self._consumer.assignment():
                metrics.RECORDS_GONE.labels(partition.topic).inc()
                await self._consumer.seek_to_end(partition)
            return {}
        except KafkaError as error:
            told = refusal(error)
            if told is not None and not self._was_assigned:
                raise told from None
            _log.warning("reading failed", error=type(error).__name__, reason=told and str(told))
            await asyncio.sleep(_POLL_MS / 1000)
            return {}
        return batches
