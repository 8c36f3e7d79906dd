"""A consumer that can rest, and is told right where a partition ends.

Paused, each partition is waited for by itself, and the client looks at all of them five times a
second: most of what a reader that rests took. One that rests waits for one thing.

Asked for the end, the embedded broker gives the offset behind the first record of the last batch,
even if more follow in it. What it tells along with records is right: how far they are written.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError, RequestTimedOutError, for_code
from aiokafka.protocol.fetch import FetchRequest

_READ_UNCOMMITTED = 0
_LITTLE_BYTES = 1
_WAIT_MS = 500


@dataclass(frozen=True, slots=True)
class _Part:
    """Some partitions of an assignment, as the client's fetching looks at one."""

    tps: frozenset[TopicPartition]
    state_value: Callable[[TopicPartition], Any]


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]
    """aiokafka's, whose `end_offsets` holds on every broker, and which can rest."""

    def __init__(self, *topics: str, **options: Any) -> None:
        super().__init__(*topics, **options)
        self._rests = False
        self._changed: asyncio.Future[None] | None = None
        self._every: Any = None

    async def start(self) -> None:
        """Connect."""
        await super().start()
        self._every = self._fetcher._get_actions_per_node  # noqa: SLF001
        self._fetcher._get_actions_per_node = self._actions  # noqa: SLF001

    def rest(self) -> None:
        """Fetch nothing more until `go_on`.

        A fetch that is under way isn't called back. Where a partition begins or ends is asked for
        all the same.
        """
        self._change(rests=True)

    def go_on(self) -> None:
        """Fetch again all that isn't paused."""
        self._change(rests=False)

    def _change(self, *, rests: bool) -> None:
        self._rests = rests
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def _actions(self, assignment: Any) -> tuple[Any, ...]:
        """Return what the client is to do now, as its own function does, about some partitions."""
        place = assignment.state_value
        tps = assignment.tps
        if self._rests:
            tps = frozenset(p for p in tps if not place(p).has_valid_position)
        part = _Part(tps, place)
        fetches, resets, timeout_s, is_unknown, resumed = self._every(part)
        if self._changed is None or self._changed.done():
            self._changed = asyncio.get_running_loop().create_future()
        return fetches, resets, timeout_s if tps else None, is_unknown, [*resumed, self._changed]

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset behind the last record of each partition.

        Raises
        ------
        KafkaError
            If the broker doesn't tell.
        """
        ends: dict[TopicPartition, int] = await super().end_offsets(list(partitions))
        return {
            partition: max(end, await self._written(partition, end - 1)) if end else 0
            for partition, end in ends.items()
        }

    async def _written(self, partition: TopicPartition, last: int) -> int:
        """Return how far a partition is written, as is told with a record that lies in it.

        Asked for one behind the last, the embedded broker waits, or tells nothing at all.
        """
        node = self._client.cluster.leader_for_partition(partition)
        place = (partition.partition, last, _LITTLE_BYTES)
        topics = [(partition.topic, [place])]
        request = FetchRequest(_WAIT_MS, 0, _LITTLE_BYTES, _READ_UNCOMMITTED, topics)
        answer = await self._client.send(node, request)
        for _topic, told in answer.topics:
            for _number, code, written, *_records in told:
                error = for_code(code)
                if code and error is not OffsetOutOfRangeError:
                    raise error
                # Out of range is what was deleted meanwhile, by a broker that tells ends right.
                return int(written)
        raise RequestTimedOutError
