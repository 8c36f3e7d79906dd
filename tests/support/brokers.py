"""A real broker over TCP for tests, and clients of it.

`running_broker` is the embedded one. `emptied` makes Apache Kafka as good as new between tests:
starting it takes seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from unittest import mock

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest

from lethe.cli.stack.broker import broker_spec, wait_listening
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import Child
from lethe.contracts.instants import Instant
from lethe.runtime import publisher
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.reader import Reader, Subscription
from lethe.runtime.settings import ServiceSettings
from lethe.shredding.clock import SystemClock, instant


@asynccontextmanager
async def running_broker(folder: Path) -> AsyncIterator[str]:
    """Start the embedded broker with the registry's topics and give its address."""
    (port,) = free_ports(1)
    failure: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
    broker = Child(broker_spec(port, folder / "broker.log"), print, failure.set_result)
    await broker.start()
    try:
        await wait_listening(broker)
        broker.ready = True
        address = f"{LOOPBACK}:{port}"
        await _make_topics(address)
        yield address
    finally:
        broker.begin_stop(kill=True)
        await broker.end_stop()


async def emptied(address: str) -> None:
    """Delete every topic and group of a broker that stays, and make the registry's topics."""
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    try:
        while groups := [name for name, *_ in await client.list_consumer_groups()]:
            await client._send_request(DeleteGroupsRequest(groups))
        while topics := [t for t in await client.list_topics() if t.startswith("lethe.")]:
            await client.delete_topics(topics)
    finally:
        await client.close()
    await _make_topics(address)


async def _make_topics(address: str) -> None:
    async with TopicAdmin(address) as admin:
        await admin.create()
        await admin.wait_ready(timeout_s=60.0)


def settings_for(broker: str, instance_id: str, *, topics_roll: bool = True) -> ServiceSettings:
    """Return settings of a client that needs no trust."""
    return ServiceSettings(
        instance_id=instance_id,
        broker=broker,
        roster_file=Path("none"),
        roster_root="",
        signing_key_file=Path("none"),
        session_timeout_ms=2000,
        topics_roll=topics_roll,
    )


def now() -> Instant:
    """Return the present moment of this machine."""
    return instant(SystemClock())


@asynccontextmanager
async def publishing(settings: ServiceSettings) -> AsyncIterator[publisher.Publisher]:
    """Run a publisher, with the patience of a test: a busy broker is no reason to fail."""
    with mock.patch.multiple(publisher, _SEND_TIMEOUT_S=60.0, _REQUEST_TIMEOUT_MS=60_000):
        made = publisher.Publisher(settings, now)
        await made.start()
        try:
            yield made
        finally:
            await made.stop()


@asynccontextmanager
async def reading(
    settings: ServiceSettings,
    publishes: publisher.Publisher,
    subscriptions: list[Subscription],
    *,
    rest_s: Callable[[], float] | None = None,
) -> AsyncIterator[Reader]:
    """Run a reader in a task of its own."""
    reader = Reader(
        settings,
        subscriptions,
        publisher=publishes,
        dead_letters=DeadLetters(settings, publishes),
        rest_s=rest_s,
    )
    await reader.start()
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.stop()


async def eventually(condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Wait until a condition holds; the limit only keeps a broken test from hanging."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition never came to hold"
        await asyncio.sleep(0.01)
