"""One reader per service: manual assignment, a dispatch table, generations of live topics.

Work is shared by ownership of partitions (see `ownership`), not by a group per topic: a rebalance
of one group stops its members, and subscribers of many groups would start one after another.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass
from enum import StrEnum

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topic import Topic, generation_name
from lethe.contracts.topics import CAMERA_ASSIGNED, GENERATION_OPENED
from lethe.runtime import metrics
from lethe.runtime.deadletters import UNHANDLED, DeadLetters
from lethe.runtime.feed import Feed
from lethe.runtime.publisher import Publisher
from lethe.runtime.reaching import refusal
from lethe.runtime.records import Handler, Record
from lethe.runtime.settings import ServiceSettings

FETCH_WAIT_MS = 30
_KEPT_FETCH_WAIT_MS = 250
"""Orders and cameras change rarely; nobody waits for them as for a frame."""
_ALL_READ_S = 1.0
"""Until every reader has heard of a new generation and reads it: nobody writes it before. Some hear
of it a quarter of a second later than others, and what was written before would wait for them."""

_OLD_GENERATION_S = 2.0
"""For so long the old one is read after nobody writes it any more."""


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
    """Reads every topic of a service, without a group.

    Live topics and those read from their beginning have a consumer each, but for a reader that
    rests: it fetches so rarely that one brings both. Owned partitions that no camera was ever
    assigned to aren't fetched: each partition in a fetch costs a broker.

    Parameters
    ----------
    fetch_wait_ms
        Of the live topics, see `Feed`.
    rest_s
        Asked whenever what came was dispatched: for how long nothing that may come is waited for.
        Without it the reader never rests.

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
        rest_s: Callable[[], float] | None = None,
    ) -> None:
        own = Subscription(GENERATION_OPENED, self._on_generation, Start.BEGINNING)
        # Where topics don't roll, whoever announces a generation leads readers into an empty one.
        self._own = [own] if settings.topics_roll else []
        self._subscriptions = [*self._own, *subscriptions]
        self._kept_ones = [s for s in self._subscriptions if s.start is Start.BEGINNING]
        self._live_ones = [s for s in self._subscriptions if s.start is Start.END]
        self._hears_cameras = any(s.topic is CAMERA_ASSIGNED for s in self._kept_ones)
        self._publisher = publisher
        self._dead_letters = dead_letters
        self._rest_s = rest_s
        self._owned: frozenset[int] = frozenset()
        self._with_cameras: set[int] = set()
        self.generations: list[int] = [0]
        self._table: dict[str, Subscription] = {}
        self._is_live = False
        self._newest_read = 0
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        kept = frozenset(subscription.topic.name for subscription in self._kept_ones)
        self._live = Feed(settings, fetch_wait_ms, counts_gaps=True, compacted=kept)
        self._kept = Feed(settings, _KEPT_FETCH_WAIT_MS) if rest_s is None else None

    async def start(self) -> None:
        """Connect, learn the generation, and read the compacted topics up to now.

        Raises
        ------
        InvalidInput
            If the broker refuses a topic.
        """
        try:
            for feed in self._feeds():
                await feed.start()
            await self._catch_up(self._own)
            self.generations = self.generations[-1:]
            await self._catch_up(self._kept_ones)
            if self._kept is not None:
                kept = self._partitions(self._kept_ones)
                await self._kept.assign(kept, positions=await self._live.positions())
            self._is_live, self._newest_read = True, self.generations[-1]
            await self._assign()
        except KafkaError as error:
            raise refusal(error) or error from None

    async def stop(self) -> None:
        """Disconnect."""
        for task in self._tasks:
            task.cancel()
        for feed in self._feeds():
            await feed.stop()

    async def own(self, partitions: frozenset[int]) -> None:
        """Read these partitions of the owned topics, the new ones from their end."""
        if partitions != self._owned:
            self._owned = partitions
            await self._assign()

    async def run(self) -> None:
        """Read and dispatch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for feed in self._feeds():
                group.create_task(self._follow(feed))

    def _feeds(self) -> list[Feed]:
        return [self._live] if self._kept is None else [self._live, self._kept]

    async def _follow(self, feed: Feed) -> None:
        while True:
            if not await self._take(feed):
                await asyncio.sleep(0)
            rest = 0.0 if self._rest_s is None else self._rest_s()
            if rest > 0:
                await feed.rest(rest)

    async def _take(self, feed: Feed) -> bool:
        """Dispatch what has come; tell whether anything had."""
        batches = await feed.poll()
        for partition, records in batches.items():
            for record in records:
                async with self._turn:
                    await self._dispatch(partition, record)
        return bool(batches)

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
        if record.topic is CAMERA_ASSIGNED:
            self._note_camera(record.partition)
        try:
            await subscription.handler(record)
        except UNHANDLED as error:
            await self._dead_letters.pass_over(record, error)

    async def _catch_up(self, subscriptions: list[Subscription]) -> None:
        """Read topics from the beginning to their present end: later records build on it.

        By the consumer that waits less: whoever starts again is in a hurry.
        """
        if not subscriptions:
            return
        self._table |= {generation_name(s.topic, 0): s for s in subscriptions}
        ends = await self._live.rewind(self._partitions(subscriptions))
        while not await self._live.has_reached(ends):
            await self._take(self._live)

    def _partitions(self, subscriptions: Iterable[Subscription]) -> list[TopicPartition]:
        found = []
        for subscription in subscriptions:
            topic = subscription.topic
            names = {generation_name(topic, generation) for generation in self.generations}
            numbers = self._owned if subscription.owned else range(topic.partitions)
            found += [TopicPartition(name, number) for name in names for number in numbers]
        return found

    async def _assign(self, *, left: Collection[TopicPartition] = ()) -> None:
        """Assign the live topics anew; what was opened since is read from its beginning.

        That may be several generations: they are heard of together by whoever was slow.
        """
        self._table = {
            generation_name(s.topic, generation): s
            for s in self._subscriptions
            for generation in self.generations
        }
        along = self._kept_ones if self._kept is None else []
        wanted = self._partitions([*self._live_ones, *along])
        suffixes = tuple(f".g{each}" for each in self.generations if each > self._newest_read)
        self._newest_read = self.generations[-1]
        opened = [p for p in wanted if p.topic.endswith(suffixes)]
        await self._live.assign(wanted, idle=self._idle(), opened=opened, left=left)
        # A camera may have come meanwhile.
        self._live.wake(set(wanted) - self._idle())

    def _idle(self) -> set[TopicPartition]:
        """Return the owned partitions in which there is no camera that is known of."""
        owned = self._partitions(s for s in self._live_ones if s.owned and self._hears_cameras)
        return {p for p in owned if p.partition not in self._with_cameras}

    def _note_camera(self, partition: int) -> None:
        if partition not in self._with_cameras:
            self._with_cameras.add(partition)
            if self._is_live:
                owned = self._partitions(s for s in self._live_ones if s.owned)
                self._live.wake(p for p in owned if p.partition == partition)

    async def _on_generation(self, record: Record) -> None:
        opened = GenerationOpened.decode(record.body).generation
        newest = self.generations[-1]
        if opened <= newest or (self._is_live and opened != newest + 1):
            return
        self.generations.append(opened)
        if not self._is_live:
            self._publisher.use_generation(opened)
            return  # still catching up: everything is assigned afterwards
        # From a task of its own: what is under way is handled first.
        self._spawn(self._move_to(opened))

    async def _move_to(self, generation: int) -> None:
        await self._assign()
        await self._publisher.prepare_generation(generation)
        await asyncio.sleep(_ALL_READ_S)
        self._publisher.use_generation(generation)
        await asyncio.sleep(_OLD_GENERATION_S)
        before = self._partitions(self._live_ones)
        self.generations = [g for g in self.generations if g >= generation]
        left = set(before) - set(self._partitions(self._live_ones))
        await self._assign(left=left)

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
