"""Which cameras an instance owns: the partitions a consumer group gives it.

Every role has one group on the topic of cameras, whose partitions are numbered as those of all
camera topics. The group shares out numbers only; frames and probes are read by manual assignment.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from lethe.contracts.topic import Topic
from lethe.runtime import metrics
from lethe.runtime.consumer import Consumer
from lethe.runtime.reaching import refusal
from lethe.runtime.settings import ServiceSettings

_POLL_MS = 500
_HEARTBEATS_PER_SESSION = 6
_REBALANCE_MS = 3000
_log = structlog.get_logger()

Change = Callable[[frozenset[int], int], Awaitable[None]]
"""Is told the owned partitions and the group's generation."""


class GroupMember(Protocol):
    """Is told what its group gives to it and takes from it."""

    async def lost(self) -> None:
        """Note that the group shares out anew."""
        ...

    async def changed(self, partitions: frozenset[int]) -> None:
        """Note a new assignment."""
        ...


class GroupListener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells a member what aiokafka's consumer hears of its group."""

    def __init__(self, member: GroupMember) -> None:
        self._member = member

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Pass a revocation on."""
        if revoked:
            await self._member.lost()

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Pass an assignment on."""
        await self._member.changed(frozenset(p.partition for p in assigned))


def generation_of(consumer: AIOKafkaConsumer) -> int:
    """Return the generation of a consumer's group, which the library keeps to itself.

    It is needed to tell who owns a partition when an old owner doesn't know yet that it lost it.
    """
    return int(consumer._coordinator.generation)  # noqa: SLF001


class Ownership:
    """Takes part in a role's group and tells what is owned.

    Parameters
    ----------
    topic
        Whose partitions are shared out; nothing is read from it here.
    """

    def __init__(
        self, settings: ServiceSettings, role: str, topic: Topic, on_change: Change
    ) -> None:
        self._topic = topic
        self._on_change = on_change
        self.has_joined = False
        self._session_ms = session_ms = settings.session_timeout_ms
        self._consumer = Consumer(
            **settings.broker_options(),
            group_id=f"lethe.{role}",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            session_timeout_ms=session_ms,
            heartbeat_interval_ms=session_ms // _HEARTBEATS_PER_SESSION,
            rebalance_timeout_ms=_REBALANCE_MS,
            retry_backoff_ms=50,
        )

    async def run(self) -> None:
        """Take part until cancelled, then leave at once so that others take over.

        Raises
        ------
        InvalidInput
            If the broker refuses the group before it was ever joined.
        """
        self._consumer.subscribe([self._topic.name], listener=GroupListener(self))
        try:
            await self._start()
            while True:
                await self._poll()
        finally:
            await self._consumer.stop()

    async def _start(self) -> None:
        try:
            await self._consumer.start()
        except KafkaError as error:
            raise refusal(error, session_ms=self._session_ms) or error from None
        self._consumer.rest()

    async def _poll(self) -> None:
        try:
            await self._consumer.getmany(timeout_ms=_POLL_MS)
        except KafkaError as error:
            told = refusal(error, session_ms=self._session_ms)
            if told is not None and not self.has_joined:
                raise told from None
            _log.warning("group failed", error=type(error).__name__, reason=told and str(told))
            await asyncio.sleep(_POLL_MS / 1000)

    def unreadiness(self) -> str | None:
        """Return why this instance has no share of the work yet, None when it has."""
        return None if self.has_joined else "not in its group yet"

    async def lost(self) -> None:
        """Own nothing until the group has shared out anew."""
        metrics.PARTITIONS_OWNED.set(0)
        await self._on_change(frozenset(), 0)

    async def changed(self, partitions: frozenset[int]) -> None:
        """Note and tell a new assignment."""
        generation = generation_of(self._consumer)
        if partitions:
            self._consumer.pause(*self._consumer.assignment())
        metrics.PARTITIONS_OWNED.set(len(partitions))
        _log.info("partitions owned", partitions=sorted(partitions), generation=generation)
        self.has_joined = True
        await self._on_change(partitions, generation)
