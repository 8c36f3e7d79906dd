"""Making the registry's topics on a broker, and rolling generations of the live ones."""

import asyncio
import time
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topics import GENERATION_OPENED, REGISTRY, Topic, generation_name

_RETRY_S = 0.05
_DLQ_SETTINGS = {"retention.ms": "86400000"}


class TopicAdmin:
    """An async context manager over one admin connection.

    Parameters
    ----------
    broker
        Bootstrap servers.
    replication
        Copies of each partition; 1 on a single broker.
    """

    def __init__(self, broker: str, *, replication: int = 1) -> None:
        self._broker = broker
        self._replication = replication
        self._admin = AIOKafkaAdminClient(bootstrap_servers=broker, client_id="lethe-admin")

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
        except (KafkaError, OSError) as error:
            raise Transient(f"the broker can't be reached ({type(error).__name__})") from None
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

    async def roll(self, generation: int, now: Instant) -> None:
        """Open a generation of the rolling topics and announce it.

        Readers take it from its beginning, so that nothing written to it is missed.
        """
        await self._create([self._new(topic, generation) for topic in REGISTRY if topic.rolls])
        producer = AIOKafkaProducer(bootstrap_servers=self._broker)
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
                raise Transient(f"topic {name}: not made ({kind.__name__})")
