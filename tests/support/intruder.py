"""Somebody who may read and write every topic of a running broker, and has no key of anybody's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from tests.support.hostile import Attack, Raw

from lethe.contracts.topic import Topic, partition_for, plain_name

_POLL_MS = 50
_LARGEST_BYTES = 32 << 20


class Intruder:
    """Reads what is on a broker and writes to it, to the newest generation of each topic.

    Attributes
    ----------
    written
        How many records were taken by the broker, by topic.
    """

    def __init__(self, broker: str, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        self._broker = broker
        self._consumer = consumer
        self._producer = producer
        self._own: set[tuple[bytes | None, bytes | None]] = set()
        self.written: Counter[Topic] = Counter()

    async def overhear(self, least: Mapping[Topic, int]) -> dict[Topic, list[Raw]]:
        """Return so many genuine records of each of these topics, the newest."""
        wanted = {topic.name: topic for topic in least}
        heard: dict[Topic, list[Raw]] = {topic: [] for topic in least}
        while any(len(heard[topic]) < count for topic, count in least.items()):
            await self._read(wanted)
            for partition, records in (await self._consumer.getmany(timeout_ms=_POLL_MS)).items():
                genuine = (raw for raw in map(_raw, records) if _contents(raw) not in self._own)
                heard[wanted[plain_name(partition.topic)]] += genuine
        return {topic: heard[topic][-count:] for topic, count in least.items()}

    async def write(self, topic: Topic, raw: Raw, *, lane: bytes | None = None) -> None:
        """Write a record as it is, into the partition of its key or of a lane.

        A broker may refuse it.
        """
        key = (lane or raw.key or b"").decode(errors="replace")
        # The client takes no header without a value.
        headers = [(name, value or b"") for name, value in raw.headers]
        name = max(await self._names(topic), key=_generation)
        self._own.add(_contents(raw))
        with suppress(KafkaError):
            await self._producer.send_and_wait(
                name,
                raw.value,
                key=raw.key,
                headers=headers,
                partition=partition_for(key, topic.partitions),
            )
            self.written[topic] += 1

    async def attack(
        self, topic: Topic, raw: Raw, attacks: Iterable[Attack], *, lane: bytes | None = None
    ) -> None:
        """Write what each attack makes of a record."""
        for attack in attacks:
            await self.write(topic, attack(raw), lane=lane)

    async def write_packed(self, topics: Iterable[Topic], unpacked_bytes: int) -> set[Topic]:
        """Write a batch to each topic that unpacks to so much; return those that took it."""
        taken = set()
        async with AIOKafkaProducer(
            bootstrap_servers=self._broker,
            enable_idempotence=False,
            compression_type="gzip",
            max_request_size=_LARGEST_BYTES,
            max_batch_size=_LARGEST_BYTES,
        ) as packing:
            for topic in topics:
                name = max(await self._names(topic), key=_generation)
                with suppress(KafkaError):
                    await packing.send_and_wait(name, bytes(unpacked_bytes), partition=0)
                    taken.add(topic)
        return taken

    async def dead_letters(self) -> list[bytes]:
        """Return the bodies of all dead letters so far."""
        names = [name for name in await self._consumer.topics() if name.endswith(".dlq")]
        partitions = [TopicPartition(name, 0) for name in names]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_beginning(*partitions)
        ends = await self._consumer.end_offsets(partitions)
        found: list[bytes] = []
        while any([await self._consumer.position(p) < end for p, end in ends.items()]):
            for records in (await self._consumer.getmany(timeout_ms=_POLL_MS)).values():
                found += [record.value for record in records]
        return found

    async def _names(self, topic: Topic) -> list[str]:
        return [
            name
            for name in await self._consumer.topics()
            if plain_name(name) == topic.name and not name.endswith(".dlq")
        ]

    async def _read(self, wanted: dict[str, Topic]) -> None:
        """Read every generation that there is now, those seen before from where they were."""
        names = [n for n in await self._consumer.topics() if plain_name(n) in wanted]
        partitions = {
            TopicPartition(name, number)
            for name in names
            for number in range(wanted[plain_name(name)].partitions)
        }
        before = self._consumer.assignment()
        if partitions == before:
            return
        places = {each: await self._consumer.position(each) for each in before & partitions}
        self._consumer.assign(list(partitions))
        await self._consumer.seek_to_beginning(*(partitions - places.keys()))
        for partition, place in places.items():
            self._consumer.seek(partition, place)


@asynccontextmanager
async def intruding(broker: str) -> AsyncIterator[Intruder]:
    """Let somebody in until the block ends."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker, fetch_max_wait_ms=20, max_partition_fetch_bytes=_LARGEST_BYTES
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=broker, enable_idempotence=False, max_request_size=_LARGEST_BYTES
    )
    await asyncio.gather(consumer.start(), producer.start())
    try:
        yield Intruder(broker, consumer, producer)
    finally:
        await asyncio.gather(consumer.stop(), producer.stop())


def _raw(record: ConsumerRecord) -> Raw:
    return Raw(record.key, record.value, tuple(record.headers))


def _contents(raw: Raw) -> tuple[bytes | None, bytes | None]:
    return raw.key, raw.value


def _generation(name: str) -> int:
    _, _, generation = name.partition(".v1.g")
    return int(generation or 0)


def with_header(raw: Raw, name: str, value: bytes) -> Raw:
    """Return a record with another value of a header."""
    headers = tuple((each, value if each == name else old) for each, old in raw.headers)
    return replace(raw, headers=headers)
