"""Publishing: explicit partitions, CloudEvents headers, the newest generation."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import overload

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from lethe.contracts.errors import Transient
from lethe.contracts.headers import KafkaHeaders, event_headers
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import SealedBody
from lethe.contracts.topic import (
    Body,
    MessageTopic,
    SealedTopic,
    Topic,
    generation_name,
    partition_for,
)
from lethe.runtime.metrics import PUBLISHED_BYTES
from lethe.runtime.reaching import refusal, why_unreachable
from lethe.runtime.settings import ServiceSettings

_MAX_REQUEST_BYTES = 8 * 1024 * 1024
_BATCH_BYTES = 128 * 1024
"""What waits for the broker shares a request up to so many bytes: some photographs, not one."""
_SEND_TIMEOUT_S = 1.5
_REQUEST_TIMEOUT_MS = 1500
_log = structlog.get_logger()


class Publisher:
    """One producer per service.

    Parameters
    ----------
    now
        Tells the time that events carry.
    """

    def __init__(self, settings: ServiceSettings, now: Callable[[], Instant]) -> None:
        self._source = settings.instance_id
        self.now = now
        self._generation = 0
        self._written: dict[str, Topic] = {}
        self._refused: dict[str, str] = {}
        self._options = settings.broker_options()
        self._producer = AIOKafkaProducer(
            **self._options,
            acks="all",
            enable_idempotence=False,
            linger_ms=0,
            max_request_size=_MAX_REQUEST_BYTES,
            max_batch_size=_BATCH_BYTES,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            retry_backoff_ms=50,
        )

    @property
    def trouble(self) -> str | None:
        """What the broker refuses and the user can mend, in one line, for as long as it does."""
        return next(iter(self._refused.values()), None)

    async def start(self) -> None:
        """Connect.

        Raises
        ------
        LetheError
            If the broker can't be reached; `InvalidInput` where the user can mend that.
        """
        try:
            await self._producer.start()
        except (KafkaError, OSError):
            await self._producer.stop()
            raise await why_unreachable(self._options) from None

    async def stop(self) -> None:
        """Flush and disconnect."""
        try:
            await asyncio.wait_for(self._producer.stop(), _SEND_TIMEOUT_S)
        except (TimeoutError, KafkaError):
            # The broker is gone: what is still queued is sealed, and its keys end by themselves.
            return

    async def prepare_generation(self, generation: int) -> None:
        """Ask where a generation of the topics that were written so far lies.

        Asked with the first record of each, they would wait for the answer, and those of before be
        asked for along with them for ever.
        """
        names = {
            generation_name(topic, each)
            for topic in self._written.values()
            for each in (self._generation, generation)
        }
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                if names:
                    await self._producer.client.set_topics(names)

    def use_generation(self, generation: int) -> None:
        """Write rolling topics in this generation from now on."""
        self._generation = max(self._generation, generation)

    @overload
    async def send(
        self, topic: SealedTopic, key: str, body: SealedBody, headers: KafkaHeaders | None = None
    ) -> None: ...

    @overload
    async def send(
        self, topic: MessageTopic, key: str, body: bytes, headers: KafkaHeaders | None = None
    ) -> None: ...

    async def send(
        self, topic: Topic, key: str, body: bytes, headers: KafkaHeaders | None = None
    ) -> None:
        """Publish one record and wait until the broker has it.

        Raises
        ------
        Transient
            If the broker doesn't take it in time.
        TypeError
            If the topic takes sealed bodies only and this isn't one.
        """
        require_sealed(topic, body)
        told = self._headers(topic) + (headers or [])
        await self.send_raw(
            generation_name(topic, self._generation),
            partition_for(key, topic.partitions),
            key,
            body,
            told,
        )
        _count(topic, body, told)

    async def send_all(self, topic: MessageTopic, records: Sequence[tuple[str, bytes]]) -> None:
        """Publish records, each a key and a body, and wait until the broker has them.

        It costs little more than publishing one.

        Raises
        ------
        Transient
            If the broker doesn't take all of them in time; it may have some.
        """
        name = generation_name(topic, self._generation)
        partitions: dict[int, list[tuple[bytes, bytes, KafkaHeaders]]] = defaultdict(list)
        for key, body in records:
            headers = self._headers(topic)
            partitions[partition_for(key, topic.partitions)].append((key.encode(), body, headers))
        with self._noting(name):
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                for partition, found in partitions.items():
                    await self._send_batches(name, partition, found)
        for found in partitions.values():
            for _, body, headers in found:
                _count(topic, body, headers)

    async def _send_batches(
        self, name: str, partition: int, records: Sequence[tuple[bytes, bytes, KafkaHeaders]]
    ) -> None:
        under_way = []
        batch = self._producer.create_batch()
        for key, body, headers in records:
            if batch.append(key=key, value=body, timestamp=None, headers=headers) is None:
                under_way.append(await self._producer.send_batch(batch, name, partition=partition))
                batch = self._producer.create_batch()
                batch.append(key=key, value=body, timestamp=None, headers=headers)
        under_way.append(await self._producer.send_batch(batch, name, partition=partition))
        await asyncio.gather(*under_way)

    def _headers(self, topic: Topic) -> KafkaHeaders:
        self._written[topic.name] = topic
        is_sealed = topic.body is Body.SEALED
        return event_headers(
            event_type=topic.event_type,
            source=self._source,
            at=self.now(),
            content_type="application/octet-stream" if is_sealed else "application/msgpack",
        )

    async def send_raw(
        self, name: str, partition: int, key: str, body: bytes, headers: KafkaHeaders
    ) -> None:
        """Publish to a physical topic and partition.

        Raises
        ------
        Transient
            If the broker doesn't take it in time.
        """
        with self._noting(name):
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._producer.send_and_wait(
                    name,
                    # Copied once only, and no subclass of bytes.
                    memoryview(body),
                    key=key.encode(),
                    partition=partition,
                    headers=headers,
                )

    @contextlib.contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """Note whether the broker refuses a topic; what fails is `Transient`."""
        try:
            yield
        except (KafkaError, OSError, TimeoutError) as error:
            if (told := refusal(error)) and name not in self._refused:
                self._refused[name] = str(told)
                _log.warning("not published", topic=name, reason=str(told))
            raise Transient(f"{name}: not published ({type(error).__name__})") from None
        self._refused.pop(name, None)


def _count(topic: Topic, body: bytes, headers: KafkaHeaders) -> None:
    size = len(body) + sum(len(name) + len(value) for name, value in headers)
    PUBLISHED_BYTES.labels(topic.name).inc(size)


def require_sealed(topic: Topic, body: bytes) -> None:
    """Refuse a body that nobody sealed for a topic of sealed bodies.

    Raises
    ------
    TypeError
        No error of ours, since no handler may take it for the fault of a record.
    """
    if topic.body is Body.SEALED and not isinstance(body, SealedBody):
        raise TypeError(f"{topic.name} takes sealed bodies only")
