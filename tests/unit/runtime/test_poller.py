"""What no client can take apart is passed over, and nothing else with it."""

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest
from aiokafka import TopicPartition, codec
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from prometheus_client import REGISTRY
from tests.support.unreadable import READABLE, UNREADABLE, claiming, lying, placed, readable

from lethe.contracts.topics import CANDIDATES_FOUND, SLOT_CLOSED
from lethe.runtime import metrics
from lethe.runtime.batches import read_by_batch
from lethe.runtime.poller import Poller

FIRST, OTHER = TopicPartition(CANDIDATES_FOUND.name, 0), TopicPartition(SLOT_CLOSED.name, 0)
NO_TEXT = UNREADABLE["a header's name isn't UTF-8"]
COMPRESSED = UNREADABLE["it is compressed"]


@dataclass
class Place:
    """How far a partition was read, and where it ends, as the client keeps it."""

    position: int = 0
    highwater: int = 0
    paused: bool = False

    def consumed_to(self, position: int) -> None:
        self.position = position


@dataclass
class FakeConsumer:
    """Takes apart what lies in a broker, a batch at each offset, by the library's own means."""

    kept: dict[TopicPartition, dict[int, bytes]]
    ends: dict[TopicPartition, int]
    places: dict[TopicPartition, Place] = field(default_factory=dict)
    active = True

    def __post_init__(self) -> None:
        self.places = {each: Place(highwater=self.ends[each]) for each in self.kept}

    def state_value(self, partition: TopicPartition) -> Place:
        return self.places[partition]

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        assert timeout_ms
        return {each: found for each in self.kept if (found := self._fetched(each))}

    def _fetched(self, partition: TopicPartition) -> list[Any]:
        position, kept = self.places[partition].position, self.kept[partition]
        first = max((at for at in kept if at <= position), default=position)
        raw = b"".join(placed(kept[at], at) for at in sorted(kept) if at >= first)
        records = fetcher.PartitionRecords(
            partition, MemoryRecords(raw), None, position, None, None, True, 0
        )
        result = fetcher.FetchResult(
            partition, assignment=self, partition_records=records, backoff=0
        )
        found: list[Any] = result.getall()
        return found


def unreadable() -> float:
    labels = {"topic": CANDIDATES_FOUND.name}
    return REGISTRY.get_sample_value("lethe_records_unreadable_total", labels) or 0.0


def one_each(*batches: bytes) -> dict[int, bytes]:
    return dict(enumerate(batches))


async def polled(consumer: FakeConsumer, polls: int = 1) -> dict[TopicPartition, list[int]]:
    """Poll so many times and return the offsets that were brought."""
    poller = Poller(consumer)
    brought: dict[TopicPartition, list[int]] = {partition: [] for partition in consumer.kept}
    for _ in range(polls):
        for partition, records in (await poller.poll(200)).items():
            brought[partition] += [record.offset for record in records]
    return brought


@pytest.mark.parametrize("bad", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_it_is_passed_over_and_counted_and_all_others_are_brought_once(bad: bytes) -> None:
    before = unreadable()
    first, other = one_each(READABLE, bad, READABLE, READABLE), one_each(*[READABLE] * 3)
    consumer = FakeConsumer({OTHER: other, FIRST: first}, {OTHER: 3, FIRST: 4})
    assert await polled(consumer, 2) == {OTHER: [0, 1, 2], FIRST: [0, 2, 3]}
    assert unreadable() == before + 1


async def test_a_thousand_in_a_row_take_no_more_polls_than_one() -> None:
    before = unreadable()
    consumer = FakeConsumer({FIRST: one_each(*[NO_TEXT] * 1000, READABLE)}, {FIRST: 1001})
    assert await polled(consumer) == {FIRST: [1000]}
    assert unreadable() == before + 1000


async def test_a_batch_of_a_thousand_is_passed_over_as_one() -> None:
    before = unreadable()
    kept = {0: READABLE, 1: claiming(COMPRESSED, 1000), 1001: READABLE}
    assert await polled(FakeConsumer({FIRST: kept}, {FIRST: 1002})) == {FIRST: [0, 1001]}
    assert unreadable() == before + 1000


async def test_what_was_read_of_a_batch_is_neither_brought_nor_passed_over_again() -> None:
    consumer = FakeConsumer({FIRST: {0: readable(5), 5: claiming(COMPRESSED, 5)}}, {FIRST: 10})
    before = unreadable()
    consumer.places[FIRST].position = 3
    assert await polled(consumer) == {FIRST: [3, 4]}
    consumer.places[FIRST].position = 7
    assert await polled(consumer) == {FIRST: []}
    assert unreadable() == before + 5 + 3


@pytest.mark.parametrize("lie", [claiming(NO_TEXT, 10**9), claiming(READABLE, 10**9)])
async def test_a_batch_that_lies_about_its_end_leads_nobody_behind_the_last_record(
    lie: bytes,
) -> None:
    consumer = FakeConsumer({FIRST: one_each(READABLE, lie)}, {FIRST: 2})
    await polled(consumer)
    assert consumer.places[FIRST].position == 2
    consumer.kept[FIRST][2], consumer.places[FIRST].highwater = READABLE, 3
    assert await polled(consumer) == {FIRST: [2]}


@pytest.mark.parametrize("before", [0, 1])
@pytest.mark.parametrize("delta", [1, 2, 3, 10**9, 2**63 - 1 - 2, -1, -(10**9)])
async def test_a_record_that_lies_about_its_place_takes_nobody_elses(
    delta: int, before: int
) -> None:
    counted = unreadable()
    lie = lying([*range(before), delta])
    kept = {0: readable(2), 2: claiming(lie, 1), 3: READABLE, 4: readable(3)}
    consumer = FakeConsumer({FIRST: kept}, {FIRST: 7})
    assert await polled(consumer) == {FIRST: [0, 1, 3, 4, 5, 6]}
    assert consumer.places[FIRST].position == 7
    assert unreadable() == counted + 1


@pytest.mark.parametrize("delta", [10**9, 2**63 - 1 - 2, 5])
async def test_a_batch_and_its_record_that_lie_alike_take_nobody_elses_place(delta: int) -> None:
    lie = claiming(lying([0, delta]), min(delta + 1, 2**31 - 1))
    consumer = FakeConsumer({FIRST: {0: readable(2), 2: lie, 4: readable(3)}}, {FIRST: 7})
    assert await polled(consumer) == {FIRST: [0, 1, 4, 5, 6]}
    last = FakeConsumer({FIRST: {0: readable(2), 2: lie}}, {FIRST: 4})
    assert await polled(last) == {FIRST: [0, 1]}
    assert last.places[FIRST].position == 4


async def test_records_that_lie_where_they_say_are_brought() -> None:
    consumer = FakeConsumer({FIRST: {0: lying([0, 1, 2]), 3: READABLE}}, {FIRST: 4})
    assert await polled(consumer) == {FIRST: [0, 1, 2, 3]}


async def test_what_compaction_left_of_a_batch_is_brought() -> None:
    before = unreadable()
    kept = {3: claiming(lying([1, 4]), 8), 20: READABLE}
    assert await polled(FakeConsumer({FIRST: kept}, {FIRST: 21})) == {FIRST: [4, 7, 20]}
    assert unreadable() == before


async def test_what_the_broker_deleted_before_it_was_not_passed_over() -> None:
    before = unreadable()
    consumer = FakeConsumer({FIRST: {10: claiming(COMPRESSED, 5)}}, {FIRST: 15})
    assert await polled(consumer) == {FIRST: []}
    assert (consumer.places[FIRST].position, unreadable()) == (15, before + 5)


@pytest.mark.parametrize("lie", [claiming(NO_TEXT, -5), claiming(NO_TEXT, 0)])
async def test_a_batch_that_says_it_takes_no_offset_is_not_read_for_ever(lie: bytes) -> None:
    consumer = FakeConsumer({FIRST: one_each(READABLE, lie, READABLE)}, {FIRST: 3})
    assert await polled(consumer, 2) == {FIRST: [0, 2]}


async def test_the_log_says_where_it_lies_and_nothing_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await polled(FakeConsumer({FIRST: one_each(READABLE, NO_TEXT, NO_TEXT)}, {FIRST: 3}))
    told = capsys.readouterr().out
    assert told.count("record not readable") == 1
    assert "UnicodeDecodeError" in told
    assert "passer" not in told


def test_its_metric_has_the_topic_as_its_only_label() -> None:
    assert metrics.RECORDS_UNREADABLE._labelnames == ("topic",)


@pytest.mark.parametrize(
    ("module", "name"),
    [(codec, "has_zstd"), (fetcher, "PartitionRecords"), (fetcher, "FetchResult")],
)
def test_a_client_without_what_is_replaced_is_refused(
    module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(module, name)
    with pytest.raises(RuntimeError, match=rf"aiokafka [0-9.]+ has no {module.__name__}\.{name}"):
        read_by_batch()
