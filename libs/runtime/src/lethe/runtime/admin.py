"""Making the registry's topics on a broker, checking them, and rolling generations of them."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    for_code,
)

from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topic import Topic, generation_name
from lethe.contracts.topics import GENERATION_OPENED, REGISTRY
from lethe.runtime.broker_settings import BrokerSettings
from lethe.runtime.reaching import refusal, why_unreachable
from lethe.runtime.topic_settings import (
    PARTITIONS,
    Difference,
    apply,
    differences,
    partition_counts,
)

_CLIENT = "lethe-admin"
_RETRY_S = 0.05
_DLQ_SETTINGS = {"retention.ms": "86400000"}


class TopicAdmin:
    """An async context manager over one admin connection.

    Parameters
    ----------
    broker
        Bootstrap servers of a broker without encryption and credentials, or all its settings.
    replication
        Copies of each partition; 1 on a single broker.
    """

    def __init__(self, broker: str | BrokerSettings, *, replication: int = 1) -> None:
        self._replication = replication
        self._options: dict[str, Any] = (
            {"bootstrap_servers": broker, "client_id": _CLIENT}
            if isinstance(broker, str)
            else broker.connection(_CLIENT)
        )
        self._admin = AIOKafkaAdminClient(**self._options)

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
        except (KafkaError, OSError):
            await self._admin.close()
            raise await why_unreachable(self._options) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._admin.close()

    async def create(self, generation: int = 0) -> None:
        """Make every topic of the registry with its dead-letter topic, unless it is there."""
        letters = [NewTopic(t.dead_letters, 1, self._replication, topic_configs=_DLQ_SETTINGS)
                   for t in REGISTRY]  # fmt: skip
        await self._create([self._new(topic, generation) for topic in REGISTRY] + letters)

    async def missing(self) -> list[str]:
        """Return the topics of the registry, dead letters included, that the broker lacks."""
        names = [name for topic in REGISTRY for name in (topic.name, topic.dead_letters)]
        there = await partition_counts(self._admin, names)
        return [name for name in names if name not in there]

    async def differences(self) -> list[Difference]:
        """Return how the broker's topics differ from the registry."""
        return await differences(self._admin, REGISTRY)

    async def apply(self) -> list[Difference]:
        """Set the registry's settings where a topic has others; return what can't be mended."""
        found = await self.differences()
        settings = {each.topic for each in found if each.setting != PARTITIONS}
        await apply(self._admin, [topic for topic in REGISTRY if topic.name in settings])
        return [each for each in found if each.setting == PARTITIONS]

    async def members(self, group: str) -> int:
        """Return how many instances are in a group now."""
        try:
            (answer,) = await self._admin.describe_consumer_groups([group])
        except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
            return 0
        for described in answer.groups:
            kind = for_code(described[0])
            if kind is not NoError:
                raise refusal(kind(group)) or Transient(
                    f"the broker can't tell yet who is in group {group}: try again in a moment"
                )
        return sum(len(described[5]) for described in answer.groups)

    async def roll(self, generation: int, now: Instant) -> None:
        """Open a generation of the rolling topics and announce it.

        Readers take it from its beginning, so that nothing written to it is missed.
        """
        await self._create([self._new(topic, generation) for topic in REGISTRY if topic.rolls])
        producer = AIOKafkaProducer(**self._options)
        await producer.start()
        try:
            body = GenerationOpened(generation=generation, opened=now).encode()
            await producer.send_and_wait(GENERATION_OPENED.name, body, partition=0)
        finally:
            await producer.stop()

    async def drop(self, generation: int) -> None:
        """Delete an old generation of the rolling topics."""
        names = [generation_name(topic, generation) for topic in REGISTRY if topic.rolls]
        await self._admin.delete_topics(names)

    async def wait_ready(self, timeout_s: float = 10.0) -> None:
        """Wait until the broker lists every topic of the registry.

        Raises
        ------
        Transient
            If it doesn't in time.
        """
        wanted = {topic.name for topic in REGISTRY}
        end = time.monotonic() + timeout_s
        while not wanted <= set(await self._admin.list_topics()):
            if time.monotonic() > end:
                raise Transient("the broker doesn't list the topics that were made")
            await asyncio.sleep(_RETRY_S)

    def _new(self, topic: Topic, generation: int) -> NewTopic:
        return NewTopic(
            generation_name(topic, generation),
            topic.partitions,
            self._replication,
            topic_configs=topic.broker_settings(),
        )

    async def _create(self, topics: list[NewTopic]) -> None:
        answer = await self._admin.create_topics(topics)
        for name, code, *_ in answer.topic_errors:
            kind = for_code(code)
            if code and kind is not TopicAlreadyExistsError:
                raise refusal(kind(name)) or Transient(f"topic {name}: not made ({kind.__name__})")
