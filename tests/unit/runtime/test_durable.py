"""How far everything is ingested: an answer that isn't sure is no."""

from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from tests.support.brokers import settings_for
from tests.support.publishing import FakePublisher

from lethe.contracts.topics import CANDIDATES_FOUND
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.runtime.records import Record

PARTITION = TopicPartition(CANDIDATES_FOUND.name, 0)


@dataclass
class FakeConsumer:
    """A consumer that knows how far a topic goes and how far it was read."""

    end: int = 0
    read: int | None = None
    gone: set[str] = field(default_factory=set)

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        assert partitions == [PARTITION]
        if "ends" in self.gone:
            raise KafkaConnectionError
        return {PARTITION: self.end}

    async def committed(self, partition: TopicPartition) -> int | None:
        assert partition == PARTITION
        if "committed" in self.gone:
            raise KafkaConnectionError
        return self.read


async def _nothing(_record: Record) -> None:
    raise AssertionError


@pytest.fixture(name="consumer")
def consumer_() -> FakeConsumer:
    return FakeConsumer()


@pytest.fixture(name="reader")
async def reader_(consumer: FakeConsumer) -> DurableReader:
    settings = settings_for("127.0.0.1:9", "alert-1")
    letters = DeadLetters(settings, FakePublisher())
    reader = DurableReader(settings, "alert", CANDIDATES_FOUND, _nothing, letters)
    await reader._consumer.stop()
    reader._consumer = consumer  # type: ignore[assignment]
    return reader


@pytest.mark.parametrize(
    ("end", "read", "handled"),
    [(0, None, True), (3, None, False), (3, 2, False), (3, 3, True), (3, 9, True)],
)
async def test_what_was_published_is_handled_when_all_of_it_is_committed(
    reader: DurableReader, consumer: FakeConsumer, end: int, read: int | None, *, handled: bool
) -> None:
    consumer.end, consumer.read = end, read
    published = await reader.published()
    assert published == {0: end}
    consumer.end = 1_000
    assert await reader.handled(published) is handled


@pytest.mark.parametrize(
    ("end", "read", "waiting"), [(0, None, 0), (3, None, 3), (3, 1, 2), (3, 3, 0), (2, 3, 0)]
)
async def test_the_backlog_is_what_was_published_and_not_committed(
    reader: DurableReader, consumer: FakeConsumer, end: int, read: int | None, waiting: int
) -> None:
    consumer.end, consumer.read = end, read
    assert await reader.backlog() == waiting


@pytest.mark.parametrize("gone", ["ends", "committed"])
async def test_while_the_broker_cannot_be_asked_the_backlog_is_not_known(
    reader: DurableReader, consumer: FakeConsumer, gone: str
) -> None:
    consumer.gone = {gone}
    assert await reader.backlog() is None


async def test_while_the_broker_cannot_be_asked_nothing_counts_as_handled(
    reader: DurableReader, consumer: FakeConsumer
) -> None:
    consumer.end = consumer.read = 3
    consumer.gone = {"ends", "committed"}
    assert await reader.published() is None
    assert await reader.handled({0: 3}) is False
    consumer.gone = set()
    assert await reader.published() == {0: 3}
    assert await reader.handled({0: 3}) is True
