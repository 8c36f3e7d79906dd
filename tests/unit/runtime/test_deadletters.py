"""Dead letters tell where and what class of failure, never what was in the record."""

import pytest
from prometheus_client import REGISTRY
from tests.support.brokers import settings_for
from tests.support.publishing import FakePublisher, record

from lethe.contracts.errors import Refused
from lethe.contracts.headers import read_event_headers
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED
from lethe.runtime import metrics
from lethe.runtime.deadletters import DeadLetters

SECRET = "the crop of a passer-by"
LIMIT = 60


@pytest.fixture(name="publisher")
def publisher_() -> FakePublisher:
    return FakePublisher()


@pytest.fixture(name="letters")
def letters_(publisher: FakePublisher) -> DeadLetters:
    return DeadLetters(settings_for("none", "match-1"), publisher)


RECORD = record(PROBE_EXTRACTED, SECRET, SECRET.encode(), [("x", SECRET.encode())], partition=3)


async def test_a_letter_names_the_record_and_the_class_and_holds_nothing_of_it(
    letters: DeadLetters, publisher: FakePublisher
) -> None:
    await letters.bury(RECORD, Refused(SECRET))
    [sent] = publisher.sent
    assert (sent.topic, sent.key) == (PROBE_EXTRACTED.dead_letters, PROBE_EXTRACTED.name)
    letter = DeadLetter.decode(sent.body)
    assert letter == DeadLetter(
        topic=PROBE_EXTRACTED.name,
        partition=3,
        offset=7,
        consumer="match-1",
        error="Refused",
        at=publisher.now(),
    )
    headers = read_event_headers(sent.headers)
    assert (headers.source, headers.type) == ("/lethe/match-1", PROBE_EXTRACTED.dead_letters)
    assert SECRET.encode() not in sent.body + b"".join(value for _, value in sent.headers)


async def test_beyond_the_limit_letters_are_counted_only_until_the_minute_is_over(
    letters: DeadLetters, publisher: FakePublisher
) -> None:
    for _ in range(LIMIT + 20):
        await letters.bury(RECORD, Refused())
        publisher.clock.time.advance_ms(100)
    assert len(publisher.sent) == LIMIT
    publisher.clock.time.advance_ms(60_000 - 8_000 - 1)
    await letters.bury(RECORD, Refused())
    assert len(publisher.sent) == LIMIT
    publisher.clock.time.advance_ms(1)
    for _ in range(LIMIT + 1):
        await letters.bury(RECORD, Refused())
    assert len(publisher.sent) == 2 * LIMIT


async def test_a_stepped_wall_clock_opens_no_new_minute(
    letters: DeadLetters, publisher: FakePublisher
) -> None:
    for _ in range(LIMIT + 1):
        await letters.bury(RECORD, Refused())
        publisher.clock.step_wall(3_600_000)
    assert len(publisher.sent) == LIMIT


async def test_a_letter_that_the_broker_does_not_take_stops_nothing_and_counts_no_second_record(
    letters: DeadLetters, publisher: FakePublisher
) -> None:
    before = _unhandled(), _not_published()
    publisher.refusing.add(FRAME_CAPTURED.dead_letters)
    await letters.bury(record(FRAME_CAPTURED, "gate-1", b""), Refused())
    await letters.bury(RECORD, Refused())
    assert [sent.topic for sent in publisher.sent] == [PROBE_EXTRACTED.dead_letters]
    assert (_unhandled(), _not_published()) == (before[0] + 1, before[1] + 1)


def _unhandled() -> float:
    """How many records of frames couldn't be handled, for whatever reason."""
    [family] = metrics.DEAD_LETTERS.collect()
    return sum(
        sample.value
        for sample in family.samples
        if sample.name.endswith("_total") and sample.labels["topic"] == FRAME_CAPTURED.name
    )


def _not_published() -> float:
    labels = {"topic": FRAME_CAPTURED.dead_letters}
    return REGISTRY.get_sample_value("lethe_not_published_total", labels) or 0.0
