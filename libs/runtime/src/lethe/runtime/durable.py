"""At-least-once reading in a group: commits only what was handled."""

import asyncio
from collections.abc import Mapping

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from lethe.contracts.errors import Transient
from lethe.contracts.topic import Topic
from lethe.runtime import metrics
from lethe.runtime.consumer import Consumer
from lethe.runtime.deadletters import UNHANDLED, DeadLetters
from lethe.runtime.ownership import Change, GroupListener, generation_of
from lethe.runtime.poller import Batches, Poller
from lethe.runtime.reaching import refusal
from lethe.runtime.records import Handler, Record
from lethe.runtime.settings import ServiceSettings

_POLL_MS = 500
_FETCH_WAIT_MS = 80
"""What is kept is never rolled, and a fetch costs the embedded broker more the more it keeps."""
_RETRY_S = 0.5
_ANSWER_S = 1.0
_HEARTBEATS_PER_SESSION = 6
_log = structlog.get_logger()


class DurableReader:
    """Reads one topic in a group; a record is committed after its handler returned.

    A transient failure holds the partition back and is tried again: nothing is skipped. What
    isn't handled when the group shares out anew comes again, here or at another instance.

    Parameters
    ----------
    on_change
        Is told what this instance reads, whenever the group has shared out anew. A partition
        stays with its reader as long as that is there, whoever joins.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        role: str,
        topic: Topic,
        handler: Handler,
        dead_letters: DeadLetters,
        on_change: Change | None = None,
    ) -> None:
        self._topic = topic
        self._handler = handler
        self._dead_letters = dead_letters
        self._on_change = on_change
        self._shared_out = 0
        self._committed: dict[TopicPartition, int] = {}
        self._session_ms = session_ms = settings.session_timeout_ms
        self._assignor = _own_assignor()
        self._consumer = Consumer(
            **settings.broker_options(),
            group_id=f"lethe.{role}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // _HEARTBEATS_PER_SESSION,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            partition_assignment_strategy=(self._assignor,),
            retry_backoff_ms=50,
        )
        self._poller = Poller(self._consumer)

    async def run(self) -> None:
        """Read, handle and commit until cancelled.

        Raises
        ------
        InvalidInput
            If the broker refuses topic or group at the start.
        """
        self._consumer.subscribe([self._topic.name], listener=GroupListener(self))
        try:
            await self._start()
            while True:
                batches = await self._poll()
                shared_out = self._shared_out
                for partition, records in batches.items():
                    for record in records:
                        await self._handle(partition, record, shared_out)
                if shared_out == self._shared_out:
                    await self._commit_passed_over()
        finally:
            await self._consumer.stop()

    async def lost(self) -> None:
        """Go on with what is in hand: who reads on is known when the group has shared out."""

    async def changed(self, partitions: frozenset[int]) -> None:
        """Note and tell a new assignment."""
        generation = generation_of(self._consumer)
        self._shared_out += 1
        self._committed = {}
        # Of two members that claim a partition, the one of the later generation keeps it.
        self._assignor.on_generation_assignment(generation)
        _log.info("partitions owned", partitions=sorted(partitions), generation=generation)
        if self._on_change is not None:
            await self._on_change(partitions, generation)

    async def published(self) -> Mapping[int, int] | None:
        """Return how far each partition is written by now; None if the broker can't be asked."""
        partitions = [TopicPartition(self._topic.name, n) for n in range(self._topic.partitions)]
        try:
            async with asyncio.timeout(_ANSWER_S):
                ends: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
        except (KafkaError, TimeoutError) as error:
            _log.warning("not known", topic=self._topic.name, error=type(error).__name__)
            return None
        return {partition.partition: end for partition, end in ends.items()}

    async def handled(self, upto: Mapping[int, int]) -> bool:
        """Tell whether everything up to what `published` returned is handled and committed.

        A broker that can't be asked counts as no.
        """
        try:
            async with asyncio.timeout(_ANSWER_S):
                for number, end in upto.items():
                    partition = TopicPartition(self._topic.name, number)
                    if end > (await self._consumer.committed(partition) or 0):
                        return False
        except (KafkaError, TimeoutError) as error:
            _log.warning("not known", topic=self._topic.name, error=type(error).__name__)
            return False
        return True

    async def backlog(self) -> int | None:
        """Return how many published records aren't handled and committed; None while unknown."""
        partitions = [TopicPartition(self._topic.name, n) for n in range(self._topic.partitions)]
        try:
            async with asyncio.timeout(_ANSWER_S):
                ends: dict[TopicPartition, int] = await self._consumer.end_offsets(partitions)
                done: dict[TopicPartition, int] = {
                    partition: await self._consumer.committed(partition) or 0
                    for partition in partitions
                }
        except (KafkaError, TimeoutError):
            return None
        return sum(max(ends[partition] - done[partition], 0) for partition in partitions)

    async def _start(self) -> None:
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise refusal(error, session_ms=self._session_ms) or error from None

    async def _poll(self) -> Batches:
        try:
            batches = await self._poller.poll(_POLL_MS)
        except KafkaError as error:
            _log.warning("reading failed", topic=self._topic.name, error=type(error).__name__)
            await asyncio.sleep(_RETRY_S)
            return {}
        return batches

    async def _handle(
        self, partition: TopicPartition, raw: ConsumerRecord, shared_out: int
    ) -> None:
        record = Record(
            topic=self._topic,
            partition=partition.partition,
            offset=raw.offset,
            key=(raw.key or b"").decode(errors="replace"),
            headers=list(raw.headers),
            body=raw.value or b"",
        )
        metrics.RECORDS.labels(self._topic.name).inc()
        # Once the group has shared out anew, whoever owns the partition reads on from what is
        # committed, this record included.
        while shared_out == self._shared_out:
            try:
                await self._handler(record)
                break
            except Transient as error:
                _log.warning("held back", topic=self._topic.name, error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
            except UNHANDLED as error:
                await self._dead_letters.pass_over(record, error)
                break
        if shared_out == self._shared_out:
            await self._commit(partition, raw.offset + 1)

    async def _commit_passed_over(self) -> None:
        """Commit what lies behind the last record: who waits until all is handled waits for it."""
        for partition in self._consumer.assignment():
            try:
                async with asyncio.timeout(_ANSWER_S):
                    position = await self._consumer.position(partition)
            except (KafkaError, TimeoutError) as error:
                _log.warning("not known", topic=self._topic.name, error=type(error).__name__)
                continue
            if position != self._committed.get(partition, 0):
                await self._commit(partition, position)

    async def _commit(self, partition: TopicPartition, offset: int) -> None:
        try:
            await self._consumer.commit({partition: offset})
            self._committed[partition] = offset
        except KafkaError as error:
            # It will be delivered again, and the handler knows it by its id.
            _log.warning("not committed", topic=self._topic.name, error=type(error).__name__)


def _own_assignor() -> type[StickyPartitionAssignor]:
    """Return an assignor for one consumer: the library keeps its memory in the class."""

    class Sticky(StickyPartitionAssignor):  # type: ignore[misc]
        pass

    return Sticky
