"""Reading and publishing over a real broker."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from tests.support.brokers import eventually, publishing, reading, settings_for
from tests.support.inbox import ALL, RESTING, Inbox, Rest

from lethe.cli.watchlist.images import IMAGE_LIMIT_BYTES
from lethe.contracts.headers import read_event_headers
from lethe.contracts.sealed import SealedBody
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topic import partition_for
from lethe.contracts.topics import (
    ALERT_RAISED,
    CAMERA_ASSIGNED,
    DEPLOYMENT_ORDERED,
    FRAME_CAPTURED,
    REFERENCE_SUBMITTED,
    SLOT_CLOSED,
)
from lethe.runtime.reader import Start, Subscription
from lethe.shredding.sealing import FRAME_STEP_BYTES


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
