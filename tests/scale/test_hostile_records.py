"""Whoever may write to every topic of a running system gets nothing from it, and stops nothing.

What he writes is made up, or overheard and written again: as it was, re-dated, moved, renumbered,
cut or made longer. What services take for good all the same would show: in faces seen twice, in
alerts shown twice, in a deployment that is suspended, in keys that live too long.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.hostile import MARK, Attack, Raw, attacks, good
from tests.support.intruder import Intruder, intruding, with_header
from tests.support.readers import searches_of
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topic import Body, Topic
from lethe.contracts.topics import (
    CAMERA_ASSIGNED,
    CANDIDATES_FOUND,
    DEPLOYMENT_ORDERED,
    DETECT_TICKET,
    ERASURE_RECEIPTED,
    FRAME_CAPTURED,
    FRAME_PROCESSED,
    GENERATION_OPENED,
    INGEST_TICKET,
    KEY_GRANTED,
    MATCH_TICKET,
    PROBE_DECIDED,
    PROBE_EXTRACTED,
    PURGE_LEADERSHIP,
    REGISTRY,
    SLOT_CLOSED,
)
from lethe.shredding.trust import load_local_trust

_CAMERAS = (b"camera-1", b"camera-2")
_OVERHEARD = {
    FRAME_CAPTURED: 3,
    PROBE_EXTRACTED: 3,
    SLOT_CLOSED: 3,
    FRAME_PROCESSED: 3,
    PROBE_DECIDED: 3,
    CANDIDATES_FOUND: 3,
    INGEST_TICKET: 3,
    DETECT_TICKET: 3,
    MATCH_TICKET: 3,
    KEY_GRANTED: 3,
    ERASURE_RECEIPTED: 1,
    DEPLOYMENT_ORDERED: 1,
}
_UNOWNED = (SLOT_CLOSED, FRAME_PROCESSED, CANDIDATES_FOUND, INGEST_TICKET, KEY_GRANTED)
"""Read whole, by one reader or by several."""
_ATTACKED = [topic for topic in REGISTRY if topic.consumers and topic is not PURGE_LEADERSHIP]
_BURIED_BY = {topic: len(topic.consumers) for topic in _ATTACKED} | {
    CAMERA_ASSIGNED: 3,  # match is told of its partitions only
    KEY_GRANTED: 1,  # holders count by themselves what isn't for them or doesn't hold
}
_MORE_ALERTS = 5
_UNPACKED_BYTES = 30_000_000


@dataclass
class Story:
    """What was written, and what became of it."""

    is_embedded: bool
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    made_up: dict[Topic, int] = field(default_factory=dict)
    buried: dict[Topic, float] = field(default_factory=dict)
    lost: dict[Topic, float] = field(default_factory=dict)
    packed: set[Topic] = field(default_factory=set)
    passed_over: dict[Topic, float] = field(default_factory=dict)
    letters: list[bytes] = field(default_factory=list)
    told: bytes = b""
    stderr: str = ""
    temporary: list[Path] = field(default_factory=list)
    searches: dict[str, int] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def expected(self) -> dict[Topic, int]:
        """How many dead letters there must be of what was made up."""
        # Nobody follows generations where topics don't roll.
        unread = () if self.is_embedded else (GENERATION_OPENED,)
        return {
            topic: 0 if topic in unread else count * _BURIED_BY[topic]
            for topic, count in self.made_up.items()
        }

    def missing(self, topic: Topic) -> float:
        """How many of them there aren't, beyond those that a slow machine's readers left out."""
        return max(0, self.expected[topic] - self.buried[topic] - self.lost[topic])


def counted(lethe: RunningLethe, counter: str, topics: Iterable[Topic]) -> dict[Topic, float]:
    """Return what all services together counted, by topic."""
    lines = lethe.told_over_http().decode().splitlines()
    start = f"{counter}{{"
    return {
        topic: sum(
            float(line.split()[-1])
            for line in lines
            if line.startswith(start) and f'topic="{topic.name}"' in line
        )
        for topic in topics
    }


def lost(lethe: RunningLethe) -> dict[Topic, float]:
    """Return how many records readers that couldn't keep up have left out, by topic."""
    gone = counted(lethe, "lethe_records_gone_total", _ATTACKED)
    displaced = counted(lethe, "lethe_records_displaced_total", _ATTACKED)
    return {topic: gone[topic] + displaced[topic] for topic in _ATTACKED}


def pids(lethe: RunningLethe) -> dict[str, int]:
    return {name: child.pid for name, child in lethe.children().items()}


async def write_what_is_made_up(intruder: Intruder) -> dict[Topic, int]:
    """Write all that is refused by its form, its signature or its headers; return how much."""
    trust = load_local_trust(find_home().trust)
    for topic in _ATTACKED:
        raw = good(topic, trust)
        kinds = [each for name in topic.consumers for each in attacks(topic, name).values()]
        # Of the partitions of cameras only those in which there are any are read.
        lane = _CAMERAS[0] if topic in (FRAME_CAPTURED, PROBE_EXTRACTED) else None
        await intruder.attack(topic, raw, kinds, lane=lane)
    return dict(intruder.written)


async def write_what_was_overheard(intruder: Intruder) -> None:
    """Write again what others wrote, as it was and changed."""
    for topic, records in (await intruder.overhear(_OVERHEARD)).items():
        for raw in records:
            await intruder.attack(topic, raw, _again(topic))
    ticket = (await intruder.overhear({INGEST_TICKET: 1}))[INGEST_TICKET][0]
    await intruder.write(DETECT_TICKET, ticket)
    await intruder.write(DETECT_TICKET, replace(ticket, key=b"detect-1"))


def _again(topic: Topic) -> list[Attack]:
    same: Attack = lambda raw: raw  # noqa: E731 - one of a list of such
    if topic.body is Body.PLAIN:
        # Nobody signs counts: whoever may write them can falsify them, and nothing else.
        return [same, _cut]
    changed = [same, _cut, _longer, _flipped]
    return [*changed, _redated, _renumbered, _moved] if topic.body is Body.SEALED else changed


def _cut(raw: Raw) -> Raw:
    return replace(raw, value=(raw.value or b"")[: len(raw.value or b"") // 2])


def _longer(raw: Raw) -> Raw:
    return replace(raw, value=(raw.value or b"") + MARK)


def _flipped(raw: Raw) -> Raw:
    value = bytearray(raw.value or b"")
    value[-1] ^= 1
    return replace(raw, value=bytes(value))


def _redated(raw: Raw) -> Raw:
    old = dict(raw.headers)["lethe-captured-boot-us"] or b"0"
    return with_header(raw, "lethe-captured-boot-us", b"%d" % (int(old) + 400_000))


def _renumbered(raw: Raw) -> Raw:
    return with_header(raw, "lethe-number", b"47")


def _moved(raw: Raw) -> Raw:
    other = next(name for name in _CAMERAS if name != raw.key)
    return replace(with_header(raw, "lethe-lane", other), key=other)


@pytest.fixture(scope="module")
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker
) -> Story:
    embedded = request.config.getoption("broker") == "embedded"
    folder, temporary = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("temporary")
    command = ("demo", "--cool-down", "0", *on_broker())
    with running_lethe(folder, *command, environment={"TMPDIR": str(temporary)}) as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        told = Story(embedded, before=pids(lethe))
        asyncio.run(attack(lethe, told))
        alerts = lethe.last_sequence()
        wait_until(lambda: lethe.last_sequence() >= alerts + _MORE_ALERTS)
        told.after, told.told = pids(lethe), lethe.told_over_http()
        told.report = lethe.finish(interrupt=True)
    told.stderr = lethe.told
    told.told += b"".join(log.read_bytes() for log in lethe.data.glob("*.log"))
    told.temporary = [file for file in temporary.rglob("*") if file.is_file()]
    told.searches = searches_of(lethe.data / "alert" / "database" / "alerts.sqlite")
    return told


async def attack(lethe: RunningLethe, told: Story) -> None:
    """Write it all, and wait until it was read."""
    async with intruding(lethe.broker()) as intruder:
        told.made_up = await write_what_is_made_up(intruder)

        def is_buried() -> bool:
            told.buried = counted(lethe, "lethe_dead_letters_total", _ATTACKED)
            told.lost = lost(lethe)
            return not any(told.missing(topic) for topic in told.made_up)

        with suppress(AssertionError):  # what is missing is told by the test
            await asyncio.to_thread(wait_until, is_buried)
        await write_what_was_overheard(intruder)
        told.packed = await intruder.write_packed(_UNOWNED, _UNPACKED_BYTES)

        def is_passed_over() -> bool:
            told.passed_over = counted(lethe, "lethe_records_unreadable_total", told.packed)
            return all(told.passed_over[topic] >= len(topic.consumers) for topic in told.packed)

        with suppress(AssertionError):
            await asyncio.to_thread(wait_until, is_passed_over)
        told.letters = await intruder.dead_letters()


def test_all_that_is_made_up_is_refused_and_counted_once_by_each_reader(story: Story) -> None:
    assert set(story.made_up) == set(_ATTACKED)
    # There may be more: what a producer of ours had to send twice is refused once too.
    told = {
        topic.name: (story.buried[topic], story.expected[topic], story.lost[topic])
        for topic in _ATTACKED
        if story.missing(topic)
    }
    assert not told, "topic: (buried, expected, left out)"
    letters = Counter(
        (letter.topic, letter.partition, letter.offset, letter.consumer)
        for letter in map(DeadLetter.decode, set(story.letters))  # one sent twice is one
    )
    assert letters
    assert not [letter for letter, count in letters.items() if count > 1]


def test_no_compressed_batch_is_unpacked_by_anybody(story: Story) -> None:
    # Apache Kafka unpacks what it is sent, and refuses so much.
    assert story.packed == (set(_UNOWNED) if story.is_embedded else set())
    readers = {topic: len(topic.consumers) for topic in story.packed}
    assert _named(story.passed_over) == _named(readers)


def _named(counts: Mapping[Topic, float]) -> dict[str, float]:
    return {topic.name: counts.get(topic, 0) for topic in _ATTACKED}


def test_nobody_was_started_again(story: Story) -> None:
    assert story.after == story.before, story.stderr


def test_nothing_of_it_is_shown_anywhere(story: Story) -> None:
    assert MARK not in story.told
    assert story.letters
    for letter in story.letters:
        assert MARK not in letter
        DeadLetter.decode(letter)


def test_no_service_wrote_a_temporary_file(story: Story) -> None:
    assert story.temporary == []


def test_nothing_is_kept_for_longer(story: Story) -> None:
    assert story.report["unerased"] == 0
    assert story.report["erasure_age_ms"]["max"] < 1_000


def test_no_list_of_candidates_became_two_alerts(story: Story) -> None:
    shown = [alert["alert_id"] for alert in story.report["alerts"]]
    assert len(set(shown)) == len(shown) == len(story.searches) > _MORE_ALERTS


def test_no_deployment_was_suspended(story: Story) -> None:
    assert story.report["suspensions"] == []
