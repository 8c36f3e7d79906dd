"""A record that no client can take apart stops neither a reader nor what lies behind it."""

import asyncio

from prometheus_client import REGISTRY
from tests.integration.test_durable_reading import durable
from tests.support.brokers import eventually, publishing, reading, settings_for
from tests.support.unreadable import write_unreadable

from lethe.contracts.sealed import SealedBody
from lethe.contracts.topic import PARTITIONS, Topic, partition_for
from lethe.contracts.topics import (
    ALERT_RAISED,
    CANDIDATES_FOUND,
    DEPLOYMENT_ORDERED,
    FRAME_CAPTURED,
    SLOT_CLOSED,
)
from lethe.runtime.kept_topic import read_whole
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record


class Inbox:
    """Takes every record."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def take(self, record: Record) -> None:
        self.bodies.append(record.body)


def unreadable(topic: Topic) -> float:
    """Return how many were passed over so far."""
    return REGISTRY.get_sample_value("lethe_records_unreadable_total", {"topic": topic.name}) or 0.0


async def test_a_live_topic_goes_on_behind_it_and_loses_nothing(broker: str) -> None:
    frames, counts = Inbox(), Inbox()
    settings, before = settings_for(broker, "reader"), unreadable(FRAME_CAPTURED)
    partition = partition_for("camera-1", PARTITIONS)
    subscriptions = [
        Subscription(FRAME_CAPTURED, frames.take, owned=True),
        Subscription(SLOT_CLOSED, counts.take),
    ]
    async with (
        publishing(settings) as publisher,
        reading(settings, publisher, subscriptions) as reader,
    ):
        await reader.own(frozenset(range(PARTITIONS)))
        for number in range(30):
            if number in (3, 4, 20):
                await write_unreadable(broker, FRAME_CAPTURED.name, partition)
            await publisher.send(FRAME_CAPTURED, "camera-1", SealedBody(b"%d" % number))
            await publisher.send(SLOT_CLOSED, "camera-1", b"%d" % number)
        wanted = [b"%d" % number for number in range(30)]
        await eventually(lambda: (frames.bodies, counts.bodies) == (wanted, wanted))
    assert unreadable(FRAME_CAPTURED) == before + 3


async def test_a_service_starts_with_one_among_what_the_broker_keeps(broker: str) -> None:
    orders, alerts = Inbox(), Inbox()
    settings, before = settings_for(broker, "reader"), unreadable(DEPLOYMENT_ORDERED)
    async with publishing(settings) as publisher:
        for number in range(5):
            await publisher.send(DEPLOYMENT_ORDERED, "d", b"%d" % number)
            await write_unreadable(broker, DEPLOYMENT_ORDERED.name, count=300)
        await publisher.send(ALERT_RAISED, "a", b"raised")
        subscriptions = [
            Subscription(DEPLOYMENT_ORDERED, orders.take, Start.BEGINNING),
            Subscription(ALERT_RAISED, alerts.take, Start.BEGINNING),
        ]
        async with reading(settings, publisher, subscriptions):
            assert orders.bodies == [b"%d" % number for number in range(5)]
            assert alerts.bodies == [b"raised"]
            assert unreadable(DEPLOYMENT_ORDERED) == before + 1500
        # As a command reads it.
        bodies = await read_whole(settings.broker_options(), DEPLOYMENT_ORDERED)
        assert bodies == [b"%d" % number for number in range(5)]


async def test_candidate_lists_behind_it_become_alerts(broker: str) -> None:
    inbox = Inbox()
    async with publishing(settings_for(broker, "p")) as publisher:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"first")
        await write_unreadable(broker, CANDIDATES_FOUND.name)
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"second")
        async with durable(broker, publisher, inbox.take):
            await eventually(lambda: inbox.bodies == [b"first", b"second"])


async def test_one_that_nothing_follows_is_handled(broker: str) -> None:
    # Keys are ended once everything before them is.
    inbox = Inbox()
    async with publishing(settings_for(broker, "p")) as publisher:
        await publisher.send(CANDIDATES_FOUND, "camera-1", b"first")
        await write_unreadable(broker, CANDIDATES_FOUND.name)
        async with durable(broker, publisher, inbox.take) as reader:
            await eventually(lambda: inbox.bodies == [b"first"])
            published = await reader.published()
            assert published == {0: 2}
            while not await reader.handled(published):  # noqa: ASYNC110 - the broker sets no event
                await asyncio.sleep(0.01)
            assert await reader.backlog() == 0
