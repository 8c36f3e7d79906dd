"""Reading and publishing over a real broker."""

from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import REGISTRY
from tests.support.brokers import eventually, now, publishing, reading, settings_for

from lethe.cli.watchlist.images import IMAGE_LIMIT_BYTES
from lethe.contracts.errors import Refused
from lethe.contracts.headers import read_event_headers
from lethe.contracts.sealed import SealedBody
from lethe.contracts.stack import DeadLetter, GenerationOpened
from lethe.contracts.topic import Topic, generation_name, partition_for
from lethe.contracts.topics import (
    ALERT_RAISED,
    CAMERA_ASSIGNED,
    DEPLOYMENT_ORDERED,
    FRAME_CAPTURED,
    GENERATION_OPENED,
    PROBE_EXTRACTED,
    REFERENCE_SUBMITTED,
    SLOT_CLOSED,
)
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.feed import Feed
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.shredding.sealing import FRAME_STEP_BYTES

ALL = frozenset(range(FRAME_CAPTURED.partitions))


Rest = Callable[[], float] | None
RESTING = pytest.mark.parametrize("rest_s", [None, lambda: 0.02], ids=["never rests", "rests"])


class Inbox:
    """Collects records; refuses those it is told to."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def take(self, record: Record) -> None:
        if record.body == b"garbage":
            raise Refused("not this one")
        self.records.append(record)

    @property
    def bodies(self) -> list[bytes]:
        return [record.body for record in self.records]


async def test_a_reader_that_rests_brings_everything_in_its_order(broker: str) -> None:
    inbox, rests = Inbox(), [0]
    settings = settings_for(broker, "reader")

    def rest_s() -> float:
        rests[0] += 1
        return 0.02

    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(SLOT_CLOSED, inbox.take)], rest_s=rest_s),
    ):
        for number in range(50):
            await publisher.send(SLOT_CLOSED, "camera-1", b"%d" % number)
        await eventually(lambda: inbox.bodies == [b"%d" % number for number in range(50)])
        rested = rests[0]
        await publisher.send(SLOT_CLOSED, "camera-1", b"last")
        await eventually(lambda: inbox.bodies[-1] == b"last")
        assert rests[0] > rested


async def test_a_record_arrives_with_its_headers_on_the_partition_of_its_key(broker: str) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(FRAME_CAPTURED, inbox.take, owned=True)]) as r,
    ):
        await r.own(ALL)
        await publisher.send(
            FRAME_CAPTURED, "camera-1", SealedBody(b"sealed"), [("lethe-lane", b"camera-1")]
        )
        await eventually(lambda: len(inbox.records) == 1)
    record = inbox.records[0]
    assert (record.key, record.body) == ("camera-1", b"sealed")
    assert record.partition == partition_for("camera-1")
    assert read_event_headers(record.headers).type == FRAME_CAPTURED.name


async def test_the_largest_watchlist_image_fits_into_a_record(broker: str) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    largest = bytes(IMAGE_LIMIT_BYTES + FRAME_STEP_BYTES)
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(REFERENCE_SUBMITTED, inbox.take)]),
    ):
        await publisher.send(REFERENCE_SUBMITTED, "enrolment", SealedBody(largest))
        await eventually(lambda: [len(body) for body in inbox.bodies] == [len(largest)])


async def test_a_newly_owned_partition_is_read_from_its_end(broker: str) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(FRAME_CAPTURED, inbox.take, owned=True)]) as r,
    ):
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"stale"))
        await r.own(ALL)
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"live"))
        await eventually(lambda: bool(inbox.records))
        assert inbox.bodies == [b"live"]
        await r.own(frozenset())
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"another's"))
        await r.own(ALL)
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"live again"))
        await eventually(lambda: inbox.bodies == [b"live", b"live again"])


async def test_a_change_of_ownership_keeps_the_place_in_other_partitions(broker: str) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    kept = frozenset({partition_for("camera-1")})
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(FRAME_CAPTURED, inbox.take, owned=True)]) as r,
    ):
        await r.own(kept)
        for number in range(20):
            await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"%d" % number))
            if number % 5 == 0:
                await r.own(kept if number % 10 else ALL)
        await eventually(lambda: len(inbox.records) >= 20)
    assert inbox.bodies == [b"%d" % number for number in range(20)]


async def test_a_partition_waits_for_its_first_camera_and_then_loses_nothing(broker: str) -> None:
    frames, cameras = Inbox(), Inbox()
    settings = settings_for(broker, "reader")
    subscriptions = [
        Subscription(CAMERA_ASSIGNED, cameras.take, Start.BEGINNING),
        Subscription(FRAME_CAPTURED, frames.take, owned=True),
    ]
    one, other = "camera-1", "camera-2"
    assert partition_for(one) != partition_for(other)
    async with publishing(settings) as publisher:
        await publisher.send(CAMERA_ASSIGNED, one, b"known before")
        async with reading(settings, publisher, subscriptions) as reader:
            await reader.own(ALL)
            await publisher.send(FRAME_CAPTURED, other, SealedBody(b"waiting"))
            await publisher.send(FRAME_CAPTURED, one, SealedBody(b"live"))
            await eventually(lambda: bool(frames.records))
            assert frames.bodies == [b"live"]
            # The place of one that waits is kept when all is assigned anew.
            await reader.own(frozenset({partition_for(other)}))
            await publisher.send(CAMERA_ASSIGNED, other, b"assigned")
            await eventually(lambda: frames.bodies == [b"live", b"waiting"])


async def test_a_new_generation_waits_for_cameras_as_well(broker: str) -> None:
    frames = Inbox()
    settings = settings_for(broker, "reader")
    subscriptions = [
        Subscription(CAMERA_ASSIGNED, Inbox().take, Start.BEGINNING),
        Subscription(FRAME_CAPTURED, frames.take, owned=True),
    ]
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, subscriptions) as reader,
        TopicAdmin(broker) as admin,
    ):
        await reader.own(ALL)
        await admin.roll(1, now())
        await eventually(lambda: reader.generations == [1])
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"waiting"))
        await publisher.send(CAMERA_ASSIGNED, "camera-1", b"assigned")
        await eventually(lambda: frames.bodies == [b"waiting"])


@RESTING
async def test_a_compacted_topic_is_read_from_its_beginning_before_anything_else(
    broker: str, rest_s: Rest
) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    async with publishing(settings) as publisher:
        await publisher.send(DEPLOYMENT_ORDERED, "d", b"ordered before")
        subscription = Subscription(DEPLOYMENT_ORDERED, inbox.take, Start.BEGINNING)
        async with reading(settings, publisher, [subscription], rest_s=rest_s):
            assert inbox.bodies == [b"ordered before"]
            await publisher.send(DEPLOYMENT_ORDERED, "d", b"ordered after")
            await eventually(lambda: inbox.bodies == [b"ordered before", b"ordered after"])


async def test_a_record_that_is_refused_becomes_metadata_and_the_next_is_handled(
    broker: str,
) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "reader")
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [Subscription(ALERT_RAISED, inbox.take)]),
    ):
        await publisher.send(ALERT_RAISED, "a", b"garbage")
        await publisher.send(ALERT_RAISED, "a", b"fine")
        await eventually(lambda: inbox.bodies == [b"fine"])
    partition = TopicPartition(ALERT_RAISED.dead_letters, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    raw = await consumer.getone(partition)
    await consumer.stop()
    letter = DeadLetter.decode(raw.value)
    assert (letter.topic, letter.offset, letter.error) == (ALERT_RAISED.name, 0, "Refused")
    assert b"garbage" not in raw.value


@RESTING
async def test_rolling_the_generations_loses_and_repeats_nothing(broker: str, rest_s: Rest) -> None:
    frames, counts = Inbox(), Inbox()
    settings = settings_for(broker, "reader")
    subscriptions = [
        Subscription(FRAME_CAPTURED, frames.take, owned=True),
        Subscription(SLOT_CLOSED, counts.take),
    ]
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, subscriptions, rest_s=rest_s) as reader,
        TopicAdmin(broker) as admin,
    ):
        await reader.own(ALL)
        for number in range(90):
            if number in (30, 60):
                generation = number // 30
                await admin.roll(generation, now())
            await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"%d" % number))
            await publisher.send(SLOT_CLOSED, "camera-1", b"%d" % number)
        await eventually(lambda: len(frames.records) >= 90 and len(counts.records) >= 90)
        await eventually(lambda: reader.generations == [2])
        await admin.drop(0)
        await admin.drop(1)
        await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"after"))
        await eventually(lambda: frames.bodies[-1] == b"after")
    assert sorted(frames.bodies[:-1]) == sorted(b"%d" % number for number in range(90))
    assert sorted(counts.bodies) == sorted(b"%d" % number for number in range(90))


@RESTING
async def test_generations_that_are_heard_of_together_are_read_from_their_beginnings(
    broker: str, rest_s: Rest
) -> None:
    frames = Inbox()
    settings = settings_for(broker, "reader")
    subscription = Subscription(FRAME_CAPTURED, frames.take, owned=True)
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [subscription], rest_s=rest_s) as reader,
        TopicAdmin(broker) as admin,
    ):
        await reader.own(ALL)
        async with reader._turn:
            for generation in (1, 2):
                await admin.roll(generation, now())
                publisher.use_generation(generation)
                for number in range(30):
                    body = SealedBody(b"%d of %d" % (number, generation))
                    await publisher.send(FRAME_CAPTURED, "camera-1", body)
            for generation in (1, 2):
                await reader._on_generation(announced(generation))
        await eventually(lambda: len(frames.records) >= 60)
    expected = [b"%d of %d" % (number, each) for each in (1, 2) for number in range(30)]
    assert sorted(frames.bodies) == sorted(expected)


def announced(generation: int) -> Record:
    opened = GenerationOpened(generation=generation, opened=now())
    return Record(
        topic=GENERATION_OPENED, partition=0, offset=0, key="", headers=[], body=opened.encode()
    )


async def test_what_is_left_unread_in_an_old_generation_is_counted(broker: str) -> None:
    settings = settings_for(broker, "feed")
    number = partition_for("camera-1")
    old, new = (
        TopicPartition(generation_name(FRAME_CAPTURED, generation), number) for generation in (0, 1)
    )
    before = gone_from(FRAME_CAPTURED)
    feed = Feed(settings, 30, counts_gaps=True)
    async with publishing(settings) as publisher, TopicAdmin(broker) as admin:
        await feed.start()
        try:
            await feed.assign([old])
            await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"read"))
            read = 0
            while read < 1:
                read += sum(map(len, (await feed.poll()).values()))
            for _ in range(3):
                await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"unread"))
            await admin.roll(1, now())
            await feed.assign([old, new], opened=[new])
            assert gone_from(FRAME_CAPTURED) == before, "they may still be read"
            await feed.assign([new], left=[old])
            assert gone_from(FRAME_CAPTURED) == before + 3
        finally:
            await feed.stop()


def gone_from(topic: Topic) -> float:
    return REGISTRY.get_sample_value("lethe_records_gone_total", {"topic": topic.name}) or 0.0


@pytest.mark.parametrize("runs_already", [True, False])
async def test_where_topics_do_not_roll_an_announced_generation_leads_nobody_away(
    broker: str, *, runs_already: bool
) -> None:
    inbox = Inbox()
    subscription = Subscription(FRAME_CAPTURED, inbox.take, owned=True)
    settings = settings_for(broker, "reader", topics_roll=False)
    async with TopicAdmin(broker) as admin, publishing(settings) as publisher:
        if not runs_already:
            await admin.roll(1, now())
        async with reading(settings, publisher, [subscription]) as reader:
            await reader.own(ALL)
            if runs_already:
                await admin.roll(1, now())
            await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"sealed"))
            await eventually(lambda: inbox.bodies == [b"sealed"])
            assert reader.generations == [0]
            assert GENERATION_OPENED.name not in reader._table


async def test_a_reader_that_starts_late_reads_the_present_generation(broker: str) -> None:
    inbox = Inbox()
    settings = settings_for(broker, "late")
    async with TopicAdmin(broker) as admin, publishing(settings) as publisher:
        await admin.roll(1, now())
        await admin.drop(0)
        subscription = Subscription(PROBE_EXTRACTED, inbox.take, owned=True)
        async with reading(settings, publisher, [subscription]) as reader:
            await reader.own(ALL)
            await publisher.send(PROBE_EXTRACTED, "camera-1", SealedBody(b"sealed"))
            await eventually(lambda: inbox.bodies == [b"sealed"])
