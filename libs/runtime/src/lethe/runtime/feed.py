"""One consumer with manual assignment that keeps its place when the assignment changes."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from lethe.contracts.topic import plain_name
from lethe.runtime import metrics
from lethe.runtime.consumer import Consumer
from lethe.runtime.poller import Batches, Poller
from lethe.runtime.reaching import refusal
from lethe.runtime.settings import ServiceSettings

_POLL_MS = 200
_MAX_FETCH_BYTES = 8 * 1024 * 1024
_ASK_WITHIN_S = 1.0
_STOP_WITHIN_S = 0.5
_log = structlog.get_logger()


class Feed:
    """Brings the records of the partitions assigned to it.

    Parameters
    ----------
    fetch_wait_ms
        How long the broker may wait for something to send. Some brokers use all of it, so it
        is short where records are urgent; each fetch costs broker and reader alike, and on some
        brokers each partition in it.
    counts_gaps
        Whether offsets follow one another, so that what is missing between two records is gone
        and counted.
    compacted
        Topics that are, by their names: compaction leaves gaps by design.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        fetch_wait_ms: int,
        *,
        counts_gaps: bool = False,
        compacted: Collection[str] = (),
    ) -> None:
        self._was_assigned = False
        self._counts_gaps = counts_gaps
        self._compacted = compacted
        self._expected: dict[TopicPartition, int] = {}
        self._changing = asyncio.Lock()
        self._consumer = Consumer(
            **settings.broker_options(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=fetch_wait_ms,
            max_partition_fetch_bytes=_MAX_FETCH_BYTES,
            retry_backoff_ms=50,
        )
        self._poller = Poller(self._consumer)

    async def start(self) -> None:
        """Connect."""
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect.

        A client stopped right after an assignment drops its first cancellation and would never
        end; the second one, of the timeout, ends it.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self._consumer.stop()

    async def rewind(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Read these and no others, from their beginning; return where they end now."""
        self._expected = {}
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
        left: Collection[TopicPartition] = (),
    ) -> None:
        """Read these and no others: those read before go on where they are.

        Parameters
        ----------
        positions
            Where those that another feed has read so far go on.
        idle
            Those of `wanted` that aren't fetched until `wake`; their place is kept.
        opened
            Those that were made just now: they are read from offset 0, other new ones
            from their end.
        left
            Those that nobody will read any more: what is in them and wasn't brought is counted.
        """
        # Nothing is written to them any more: while the broker is asked, reading goes on.
        ends = await self._ends(left)
        async with self._changing:
            for partition in ends.keys() & self._consumer.assignment():
                _gone(partition, ends[partition] - await self._consumer.position(partition))
            known = await self.positions() | (positions or {})
            self._consumer.assign(wanted)
            for partition in known.keys() & set(wanted):
                self._consumer.seek(partition, known[partition])
            fresh = [p for p in wanted if p not in known]
            for partition in set(fresh) & set(opened):
                # Asking where they begin would hold up all that is read.
                self._consumer.seek(partition, 0)
            if late := [p for p in fresh if p not in opened]:
                await self._consumer.seek_to_end(*late)
            self._consumer.pause(*idle)
            self._expected = await self.positions()
        self._was_assigned = True

    def wake(self, partitions: Iterable[TopicPartition]) -> None:
        """Fetch these from where they were left."""
        self._consumer.resume(*(set(partitions) & self._consumer.paused()))

    async def rest(self, seconds: float) -> None:
        """Fetch nothing for a while: what comes meanwhile is brought together afterwards."""
        self._consumer.rest()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._consumer.go_on()

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
            batches = await self._poller.poll(_POLL_MS)
        except KafkaError as error:
            told = refusal(error)
            if told is not None and not self._was_assigned:
                raise told from None
            _log.warning("reading failed", error=type(error).__name__, reason=told and str(told))
            await asyncio.sleep(_POLL_MS / 1000)
            return {}
        if self._counts_gaps and self._was_assigned:
            self._count_gaps(batches)
        return batches

    def _count_gaps(self, batches: Batches) -> None:
        """Count what the broker lost or deleted before it was brought.

        The client goes on at the end then, without a word: it shows in the offset that comes next.
        """
        passed_over = self._poller.passed_over
        for partition in batches.keys() | passed_over.keys():
            if partition.topic not in self._compacted:
                brought = [(each.offset, each.offset + 1) for each in batches.get(partition, ())]
                passed = [(each.first, each.end) for each in passed_over.get(partition, ())]
                self._count_between(partition, sorted(brought + passed))

    def _count_between(self, partition: TopicPartition, spans: list[tuple[int, int]]) -> None:
        for first, end in spans:
            _gone(partition, first - self._expected.get(partition, first))
            self._expected[partition] = end

    async def _ends(self, left: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        partitions = self._consumer.assignment() & set(left)
        try:
            async with asyncio.timeout(_ASK_WITHIN_S):
                return await self._consumer.end_offsets(partitions) if partitions else {}
        except (KafkaError, TimeoutError) as error:
            _log.warning("left uncounted", error=type(error).__name__)
            return {}


def _gone(partition: TopicPartition, count: int) -> None:
    # Below zero where a topic was made anew: nothing is missing then.
    if count > 0:
        metrics.RECORDS_GONE.labels(plain_name(partition.topic)).inc(count)
