"""Two alerts on one database: one leads, and no candidate list is lost or stored twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.support.alert_desk import CROP, candidates_found
from tests.support.brokers import now, publishing, reading, settings_for
from tests.support.processes import send, until
from tests.support.readers import searches_of

from lethe.cli.stack.health import HealthClient
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import Child
from lethe.cli.stack.services import StackSettings, service_spec
from lethe.contracts.keys import KeyTicket, TransitKey
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import ALERT_TICKET, CANDIDATES_FOUND
from lethe.match.transit import TransitKeys
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Subscription
from lethe.runtime.records import Record
from lethe.shredding.roster import create_local_trust
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust, load_local_trust
from lethe.shredding.wrapping import wrap

INSTANCES = ("alert-1", "alert-2")


class Pair:
    """Two alerts, with the test in match's place."""

    def __init__(self, broker: str, folder: Path, trust: LocalTrust) -> None:
        self.published: list[str] = []
        self.transit = TransitKeys()
        self._signer = Signer.from_file(trust.key_file("match"))
        self._database = folder / "alert" / "database" / "alerts.sqlite"
        self._health = HealthClient()
        self._client = httpx.AsyncClient(timeout=10.0)
        self._publisher: Publisher
        stack = StackSettings(trust, folder, folder, 0, cool_down_s=0.0, memory_bound_mb=0)
        own = {"LETHE_BROKER": broker}
        specs = [
            service_spec(name, name, stack, own, port)
            for name, port in zip(INSTANCES, free_ports(2), strict=True)
        ]
        # Started again by the test, if at all: one that comes back at once may well lead again.
        self.children = [Child(replace(spec, restart_limit=0), print, print) for spec in specs]

    async def start(self, publisher: Publisher) -> None:
        self._publisher = publisher
        for child in self.children:
            await child.start()
            child.ready = True

    async def stop(self) -> None:
        for child in self.children:
            child.begin_stop(kill=True)
            await child.end_stop()
        await self._health.close()
        await self._client.aclose()

    async def on_ticket(self, record: Record) -> None:
        payload = SignedEnvelope.decode(record.body).payload
        self.transit.hear(KeyTicket.decode(payload), now())

    async def leader(self, *, other_than: Child | None = None) -> Child:
        """Wait until an alert leads and match has its key; return it."""
        async with asyncio.timeout(60):
            while True:
                for child in self.children:
                    leads = child is not other_than and await self._health.leads(child)
                    if leads and self.transit.current(now()) is not None:
                        return child

    async def standing_by(self, child: Child) -> None:
        """Wait until an alert says that another leads."""
        async with asyncio.timeout(60):
            while True:
                unready = await self._health.unreadiness(child)
                if unready is None and not await self._health.leads(child):
                    return

    async def publish(self, count: int, key: TransitKey | None = None) -> None:
        """Publish candidate lists as match does, their crops sealed to alert's present key."""
        for _ in range(count):
            search_id = f"search-{len(self.published)}"
            transit = key or self.transit.current(now())
            assert transit is not None
            at = now()
            found = candidates_found(search_id, captured=at).model_copy(
                update={"decided": at, "transit_key_id": transit.key_id, "sealed_crop": b""}
            )
            sealed = wrap(CROP, transit.public_key, found.binding())
            body = found.model_copy(update={"sealed_crop": sealed}).encode()
            envelope = self._signer.sign(CANDIDATES_FOUND.name, body)
            await self._publisher.send(CANDIDATES_FOUND, found.camera_id, envelope.encode())
            self.published.append(search_id)

    async def stored(self) -> None:
        """Wait until as many candidate lists are stored as were published."""
        await until(lambda: len(searches_of(self._database)) >= len(self.published))

    async def check(self, leader: Child) -> None:
        """See that every list is one alert of its own, whose picture opens."""
        searches = searches_of(self._database)
        assert set(searches) == set(self.published)
        base = f"http://{LOOPBACK}:{leader.spec.port}/api/v1/alerts"
        alerts = (await self._client.get(f"{base}?limit=1000")).json()["alerts"]
        assert len({alert["alert_id"] for alert in alerts}) == len(alerts)
        assert sorted(searches.values()) == [alert["sequence"] for alert in alerts]
        for alert in alerts:
            picture = await self._client.get(f"{base}/{alert['alert_id']}/probe")
            assert picture.content == CROP


@pytest.fixture
async def pair(broker: str, tmp_path: Path) -> AsyncIterator[Pair]:
    create_local_trust(tmp_path / "trust", wall_us=now().wall_us)
    pair = Pair(broker, tmp_path, load_local_trust(tmp_path / "trust"))
    settings = settings_for(broker, "match-1")
    async with AsyncExitStack() as resources:
        publisher = await resources.enter_async_context(publishing(settings))
        tickets = [Subscription(ALERT_TICKET, pair.on_ticket)]
        await resources.enter_async_context(reading(settings, publisher, tickets))
        resources.push_async_callback(pair.stop)
        await pair.start(publisher)
        yield pair


async def test_when_the_leader_is_killed_the_standby_goes_on_where_it_stopped(pair: Pair) -> None:
    first = await pair.leader()
    await pair.publish(10)
    killed_key = pair.transit.current(now())
    send(first, signal.SIGKILL)
    # Nobody has noticed yet: match goes on sealing to the key of an alert that is no more.
    await pair.publish(10, killed_key)
    second = await pair.leader(other_than=first)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)
    await first.start()
    await pair.standing_by(first)
    assert await pair.leader() is second, "it lost the lead to one that merely came back"


async def test_a_leader_that_is_suspended_is_ended_by_its_own_timer_and_followed(
    pair: Pair,
) -> None:
    first = await pair.leader()
    await pair.publish(10)
    send(first, signal.SIGSTOP)
    await pair.publish(10)
    second = await pair.leader(other_than=first)
    await until(lambda: first.pid is None)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)


async def test_a_leader_that_ends_in_order_hands_over(pair: Pair) -> None:
    first = await pair.leader()
    await pair.publish(10)
    send(first, signal.SIGTERM)
    second = await pair.leader(other_than=first)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)
