"""One reader per service: manual assignment, a dispatch table, generations of live topics.

Work is shared by ownership of partitions (see `ownership`), not by a group per topic: a rebalance
of one group stops its members, and subscribers of many groups would start one after another.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from lethe.contracts.errors import Erased, LetheError
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topics import GENERATION_OPENED, Topic, generation_name
from lethe.runtime import metrics
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.publisher import Publisher
from lethe.runtime.reaching import refusal
from lethe.runtime.records import Handler, Record
from lethe.runtime.settings import ServiceSettings

FETCH_WAIT_MS = 30
_POLL_MS = 200
_OLD_GENERATION_S = 2.0
_MAX_FETCH_BYTES = 8 * 1024 * 1024
_log = structlog.get_logger()


class Start(StrEnum):
    """Where reading begins."""

    BEGINNING = "beginning"
    END = "end"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic, its handler, and which partitions: those owned, or all.

    Handlers are awaited one after another, so they hand heavy work on and return.
    """

    topic: Topic
    handler: Handler
    start: Start = Start.END
    owned: bool = False


class Reader:
    """Reads every topic of a service with one consumer, without a group.

    Parameters
    ----------
    fetch_wait_ms
        How long the broker may wait for something to send. Some brokers use all of it, so it
        is short where records are urgent; each fetch costs broker and reader alike.

    Attributes
    ----------
    generations
        Those of the rolling topics that are read now, oldest first.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        subscriptions: Iterable[Subscription],
        *,
        publisher: Publisher,
        dead_letters: DeadLetters,
        fetch_wait_ms: int = FETCH_WAIT_MS,
    ) -> None:
        own = Subscription(GENERATION_OPENED, self._on_generation, Start.BEGINNING)
        self._subscriptions = [own, *subscriptions]
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._owned: frozenset[int] = frozenset()
        self.generations: list[int] = [0]
        self._table: dict[str, Subscription] = {}
        self._is_live = False
        self._changing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._consumer = AIOKafkaConsumer(
            **settings.broker_options(),
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=fetch_wait_ms,
            max_partition_fetch_bytes=_MAX_FETCH_BYTES,
            retry_backoff_ms=50,
        )

    async def start(self) -> None:
        """Connect, learn the generation, and read the compacted topics up to now.

        Raises
        ------
        InvalidInput
            If the broker refuses a topic.
        """
        await self._consumer.start()
        try:
            await self._catch_up([s for s in self._subscriptions if s.topic is GENERATION_OPENED])
            self.generations = self.generations[-1:]
            rest = [s for s in self._subscriptions if s.start is Start.BEGINNING]
            await self._catch_up(rest)
            self._is_live = True
            await self._assign()
        except KafkaError as error:
            raise refusal(error) or error from None

    async def stop(self) -> None:
        """Disconnect."""
        for task in self._tasks:
            task.cancel()
        await self._consumer.stop()

    async def own(self, partitions: frozenset[int]) -> None:
        """Read these partitions of the owned topics, the new ones from their end."""
        if partitions != self._owned:
            self._owned = partitions
            await self._assign()

    async def run(self) -> None:
        """Read and dispatch until cancelled."""
        while True:
            async with self._changing:
                batches = await self._poll()
            for partition, records in batches.items():
                for record in records:
                    await self._dispatch(partition, record)
            if not batches:
                await asyncio.sleep(0)

    async def _poll(self) -> dict[TopicPartition, list[ConsumerRecord]]:
        try:
            batches: dict[TopicPartition, list[ConsumerRecord]] = await self._consumer.getmany(
                timeout_ms=_POLL_MS
            )
        except OffsetOutOfRangeError as error:
            # The broker lost or deleted what would have come next: go on at the end, say so.
            for partition in error.args[0] if error.args else self._consumer.assignment():
                metrics.RECORDS_GONE.labels(partition.topic).inc()
                await self._consumer.seek_to_end(partition)
            return {}
        except KafkaError as error:
            told = refusal(error)
            if told is not None and not self._is_live:
                raise told from None
            _log.warning("reading failed", error=type(error).__name__, reason=told and str(told))
            await asyncio.sleep(_POLL_MS / 1000)
            return {}
        return batches

    async def _dispatch(self, partition: TopicPartition, raw: ConsumerRecord) -> None:
        subscription = self._table.get(partition.topic)
        if subscription is None:
            return
        record = Record(
            topic=subscription.topic,
            partition=partition.partition,
            offset=raw.offset,
            key=(raw.key or b"").decode(errors="replace"),
            headers=list(raw.headers),
            body=raw.value or b"",
        )
        metrics.RECORDS.labels(subscription.topic.name).inc()
        try:
            await subscription.handler(record)
        except Erased:
            metrics.RECORDS_GONE.labels(subscription.topic.name).inc()
        except (LetheError, ValueError, KeyError) as error:
            await self._dead_letters.bury(record, error)

    async def _catch_up(self, subscriptions: list[Subscription]) -> None:
        """Read topics from the beginning to their present end: later records build on it."""
        wanted = self._partitions(subscriptions)
        if not wanted:
            return
        self._table |= {generation_name(s.topic, 0): s for s in subscriptions}
        self._consumer.assign(wanted)
        await self._consumer.seek_to_beginning(*wanted)
        ends = await self._consumer.end_offsets(wanted)
        while any([await self._consumer.position(p) < ends[p] for p in wanted]):
            for partition, records in (await self._poll()).items():
                for record in records:
                    await self._dispatch(partition, record)

    def _partitions(self, subscriptions: Iterable[Subscription]) -> list[TopicPartition]:
        found = []
        for subscription in subscriptions:
            topic = subscription.topic
            names = {generation_name(topic, generation) for generation in self.generations}
            numbers = self._owned if subscription.owned else range(topic.partitions)
            found += [TopicPartition(name, number) for name in names for number in numbers]
        return found

    async def _assign(self, *, new_generation: int | None = None) -> None:
        """Assign anew, keeping positions; a new generation is read from its beginning."""
        async with self._changing:
            before = self._consumer.assignment()
            positions = {p: await self._consumer.position(p) for p in before}
            wanted = self._partitions(self._subscriptions)
            self._table = {
                generation_name(s.topic, generation): s
                for s in self._subscriptions
                for generation in self.generations
            }
            self._consumer.assign(wanted)
            kept = [p for p in wanted if p in positions]
            fresh = [p for p in wanted if p not in positions]
            for partition in kept:
                self._consumer.seek(partition, positions[partition])
            suffix = f".g{new_generation}" if new_generation is not None else None
            opened = [p for p in fresh if suffix is not None and p.topic.endswith(suffix)]
            if opened:
                await self._consumer.seek_to_beginning(*opened)
            late = [p for p in fresh if p not in opened]
            if late:
                await self._consumer.seek_to_end(*late)

    async def _on_generation(self, record: Record) -> None:
        opened = GenerationOpened.decode(record.body).generation
        newest = self.generations[-1]
        if opened <= newest or (self._is_live and opened != newest + 1):
            return
        self.generations.append(opened)
        self._publisher.use_generation(opened)
        if not self._is_live:
            return  # still catching up: everything is assigned afterwards
        # From a task of its own: this handler runs inside the loop that assigning waits for.
        self._spawn(self._move_to(opened))

    async def _move_to(self, generation: int) -> None:
        await self._assign(new_generation=generation)
        await asyncio.sleep(_OLD_GENERATION_S)
        self.generations = [g for g in self.generations if g >= generation]
        await self._assign()

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
