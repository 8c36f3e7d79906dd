"""What no client can take apart is passed over, and nothing else with it."""

from dataclasses import dataclass, field

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from prometheus_client import REGISTRY
from tests.support.unreadable import BODY, READABLE, UNREADABLE

from lethe.contracts.topics import CANDIDATES_FOUND, SLOT_CLOSED
from lethe.runtime import metrics
from lethe.runtime.poller import Poller

FIRST, OTHER = TopicPartition(CANDIDATES_FOUND.name, 0), TopicPartition(SLOT_CLOSED.name, 0)


@dataclass(frozen=True)
class FakeRecord:
    offset: int


@dataclass
class FakeConsumer:
    """Takes records apart by the library's own means, and loses what it does in such a case.

    What it took from other partitions before one failed isn't brought, though they count as read.
    """

    kept: dict[TopicPartition, list[bytes]]
    places: dict[TopicPartition, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = dict.fromkeys(self.kept, 0)

    def assignment(self) -> set[TopicPartition]:
        return set(self.kept)

    def paused(self) -> set[TopicPartition]:
        return set()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.places[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        return self.places[partition]

    async def getmany(
        self, *only: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[FakeRecord]]:
        assert (timeout_ms > 0) == (not only)
        batches = {}
        for partition in only or self.kept:
            place = self.places[partition]
            raw = self.kept[partition][place:][:max_records]
            records = [FakeRecord(place + n) for n, each in enumerate(raw) if _taken_apart(each)]
            self.places[partition] = place + len(records)
            if records:
                batches[partition] = records
        return batches


def _taken_apart(raw: bytes) -> bool:
    found = MemoryRecords(raw).next_batch()
    assert found is not None
    if not found.validate_crc():
        raise CorruptRecordException
    return all(record.value == BODY for record in found)


def unreadable() -> float:
    labels = {"topic": CANDIDATES_FOUND.name}
    return REGISTRY.get_sample_value("lethe_records_unreadable_total", labels) or 0.0


async def polled(consumer: FakeConsumer, polls: int) -> dict[TopicPartition, list[int]]:
    """Poll so many times and return the offsets that were brought."""
    poller = Poller(consumer)
    await poller.note_places()
    brought: dict[TopicPartition, list[int]] = {partition: [] for partition in consumer.kept}
    for _ in range(polls):
        for partition, records in (await poller.poll(200)).items():
            brought[partition] += [record.offset for record in records]
    return brought


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_it_is_passed_over_and_counted_and_all_others_are_brought_once(bad: bytes) -> None:
    before = unreadable()
    consumer = FakeConsumer({OTHER: [READABLE] * 3, FIRST: [READABLE, bad, READABLE, READABLE]})
    assert await polled(consumer, 3) == {OTHER: [0, 1, 2], FIRST: [0, 2, 3]}
    assert unreadable() == before + 1


async def test_many_in_a_row_are_passed_over_one_at_each_poll() -> None:
    bad = UNREADABLE["a header's name isn't UTF-8"]
    before = unreadable()
    consumer = FakeConsumer({OTHER: [READABLE], FIRST: [bad, bad, bad, READABLE]})
    assert await polled(consumer, 4) == {OTHER: [0], FIRST: [3]}
    assert unreadable() == before + 3


async def test_the_log_says_where_it_lies_and_nothing_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await polled(FakeConsumer({FIRST: [READABLE, UNREADABLE["a header's name isn't UTF-8"]]}), 1)
    told = capsys.readouterr().out
    assert "record not readable" in told
    assert "UnicodeDecodeError" in told
    assert "passer" not in told


def test_its_metric_has_the_topic_as_its_only_label() -> None:
    assert metrics.RECORDS_UNREADABLE._labelnames == ("topic",)
