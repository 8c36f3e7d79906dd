"""Generations of the rolling topics over a real broker: nothing in them is lost, or uncounted."""

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from tests.support.brokers import eventually, now, publishing, reading, settings_for
from tests.support.inbox import ALL, RESTING, Inbox, Rest

from lethe.contracts.sealed import SealedBody
from lethe.contracts.stack import GenerationOpened
from lethe.contracts.topic import Topic, generation_name, partition_for
from lethe.contracts.topics import (
    CAMERA_ASSIGNED,
    FRAME_CAPTURED,
    GENERATION_OPENED,
    PROBE_EXTRACTED,
    SLOT_CLOSED,
)
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.feed import Feed
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record


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


async def test_readers_move_to_a_new_generation_before_anybody_writes_it(broker: str) -> None:
    settings = settings_for(broker, "reader")
    subscription = Subscription(SLOT_CLOSED, Inbox().take)
    read_then: list[set[str]] = []
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, [subscription]) as reader,
        TopicAdmin(broker) as admin,
    ):
        use = publisher.use_generation

        def used(generation: int) -> None:
            read_then.append({each.topic for each in reader._live._consumer.assignment()})
            use(generation)

        publisher.use_generation = used  # type: ignore[method-assign]
        await admin.roll(1, now())
        await eventually(lambda: bool(read_then))
    both = {generation_name(SLOT_CLOSED, generation) for generation in (0, 1)}
    assert both <= read_then[0]


async def test_a_publisher_knows_where_the_next_generation_lies_and_forgets_those_before(
    broker: str,
) -> None:
    async with publishing(settings_for(broker, "writer")) as publisher, TopicAdmin(broker) as admin:
        client = publisher._producer.client
        await publisher.send(SLOT_CLOSED, "camera-1", b"first")
        for generation in (1, 2, 3):
            await admin.roll(generation, now())
            await publisher.prepare_generation(generation)
            # Apache Kafka needs a moment until it knows where a topic lies that was just made, and
            # a client that has asked for it doesn't ask again by itself.
            while not client.cluster.partitions_for_topic(generation_name(SLOT_CLOSED, generation)):
                await client.force_metadata_update()
            publisher.use_generation(generation)
            await publisher.send(SLOT_CLOSED, "camera-1", b"next")
    assert client._topics == {generation_name(SLOT_CLOSED, generation) for generation in (2, 3)}
