"""Records that are gone before they were brought are counted, each of them."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from tests.support.brokers import settings_for

from lethe.contracts.topic import generation_name
from lethe.contracts.topics import PROBE_EXTRACTED
from lethe.runtime import feed as module
from lethe.runtime.batches import Unreadable
from lethe.runtime.feed import Feed

NAME = generation_name(PROBE_EXTRACTED, 3)
FIRST, OTHER = TopicPartition(NAME, 0), TopicPartition(NAME, 1)


@dataclass(frozen=True)
class FakeRecord:
    offset: int


Fetched = FakeRecord | Unreadable


def _fetched(told: int | Unreadable) -> Fetched:
    return FakeRecord(told) if isinstance(told, int) else told


def _behind(told: int | Unreadable) -> int:
    return told + 1 if isinstance(told, int) else told.end


@dataclass
class FakeConsumer:
    """Has its places where they are put, and brings what it is given."""

    places: dict[TopicPartition, int] = field(default_factory=dict)
    coming: list[dict[TopicPartition, list[int | Unreadable]]] = field(default_factory=list)
    ends: dict[TopicPartition, int] = field(default_factory=dict)

    def assignment(self) -> set[TopicPartition]:
        return set(self.places)

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.places = {each: self.places.get(each, self.ends.get(each, 0)) for each in partitions}

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.places[partition] = offset

    def pause(self, *partitions: TopicPartition) -> None:
        assert not partitions

    async def position(self, partition: TopicPartition) -> int:
        return self.places[partition]

    async def seek_to_end(self, *partitions: TopicPartition) -> None:
        assert partitions

    async def end_offsets(self, partitions: set[TopicPartition]) -> dict[TopicPartition, int]:
        return {each: self.ends[each] for each in partitions}

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[Fetched]]:
        assert timeout_ms
        batch = self.coming.pop(0)
        for partition, offsets in batch.items():
            self.places[partition] = _behind(offsets[-1])
        return {partition: list(map(_fetched, offsets)) for partition, offsets in batch.items()}


@pytest.fixture(name="consumer")
def consumer_(monkeypatch: pytest.MonkeyPatch) -> FakeConsumer:
    consumer = FakeConsumer()
    monkeypatch.setattr(module, "Consumer", lambda **_: consumer)
    return consumer


def gone() -> float:
    labels = {"topic": PROBE_EXTRACTED.name}
    return REGISTRY.get_sample_value("lethe_records_gone_total", labels) or 0.0


def feed_of(*, counts_gaps: bool = True, compacted: tuple[str, ...] = ()) -> Feed:
    settings = settings_for("nowhere.invalid:9092", "match-1")
    return Feed(settings, 30, counts_gaps=counts_gaps, compacted=compacted)


async def test_each_record_that_is_missing_between_two_is_counted(consumer: FakeConsumer) -> None:
    feed, before = feed_of(), gone()
    consumer.ends = {FIRST: 10, OTHER: 0}
    await feed.assign([FIRST, OTHER])
    consumer.coming = [{FIRST: [10, 11], OTHER: [0]}, {FIRST: [12]}]
    await feed.poll()
    await feed.poll()
    assert gone() == before, "nothing is missing"
    # The broker deleted 13 to 19, and 22.
    consumer.coming = [{FIRST: [20, 21, 23]}]
    await feed.poll()
    assert gone() == before + 8


async def test_a_gap_before_the_first_record_is_counted_from_where_reading_began(
    consumer: FakeConsumer,
) -> None:
    feed, before = feed_of(), gone()
    await feed.assign([FIRST], positions={FIRST: 4})
    consumer.coming = [{FIRST: [9]}]
    await feed.poll()
    assert gone() == before + 5


async def test_what_was_passed_over_is_not_gone_as_well_and_what_is_missing_behind_it_is(
    consumer: FakeConsumer,
) -> None:
    feed, before = feed_of(), gone()
    await feed.assign([FIRST], positions={FIRST: 10})
    consumer.coming = [{FIRST: [10, Unreadable(11, 14, "ValueError"), 14]}]
    await feed.poll()
    assert gone() == before
    # The broker deleted 15 and 16, and 18 to 20.
    consumer.coming = [{FIRST: [Unreadable(17, 18, "ValueError")]}, {FIRST: [21]}]
    await feed.poll()
    await feed.poll()
    assert gone() == before + 5


async def test_a_topic_that_was_made_anew_counts_nothing(consumer: FakeConsumer) -> None:
    feed, before = feed_of(), gone()
    await feed.assign([FIRST], positions={FIRST: 400})
    consumer.coming = [{FIRST: [0, 1]}]
    await feed.poll()
    assert gone() == before


@pytest.mark.parametrize("how", [{"counts_gaps": False}, {"compacted": (NAME,)}])
async def test_what_compaction_took_away_is_not_gone(
    consumer: FakeConsumer, how: dict[str, Any]
) -> None:
    feed, before = feed_of(**how), gone()
    await feed.assign([FIRST])
    consumer.coming = [{FIRST: [3, 90]}]
    await feed.poll()
    assert gone() == before


async def test_what_was_not_brought_of_what_is_left_is_counted(consumer: FakeConsumer) -> None:
    feed, before = feed_of(), gone()
    await feed.assign([FIRST, OTHER], positions={FIRST: 5, OTHER: 7})
    consumer.ends = {FIRST: 12, OTHER: 7}
    # One that was owned until a moment ago is another instance's now.
    await feed.assign([], left=[FIRST, OTHER, TopicPartition(NAME, 2)])
    assert gone() == before + 7
