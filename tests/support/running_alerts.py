"""Alerts as processes, fed with candidate lists as match publishes them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from tests.support.alert_desk import CROP, candidates_found
from tests.support.brokers import now, publishing, reading, settings_for
from tests.support.processes import until
from tests.support.readers import searches_of
from tests.support.tls import Identity
from tests.support.tokens import bearer

from lethe.alert.identity.principal import Role
from lethe.cli.identity.minting import Grant, mint
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

_HOST = "localhost"
"""For which certificates of tests are."""


class RunningAlerts:
    """Processes of alert on one database, with the test in match's place.

    Parameters
    ----------
    identity
        With which they speak TLS, if they do.
    """

    def __init__(
        self,
        broker: str,
        folder: Path,
        trust: LocalTrust,
        names: tuple[str, ...],
        settings: Mapping[str, str],
        identity: Identity | None = None,
    ) -> None:
        self.trust = trust
        self.published: list[str] = []
        self.transit = TransitKeys()
        self._signer = Signer.from_file(trust.key_file("match"))
        self.folder = folder / "alert"
        self.database = self.folder / "database" / "alerts.sqlite"
        token = mint(Grant("Ames", tuple(Role)), trust.folder)
        self._origin = f"https://{_HOST}" if identity else f"http://{LOOPBACK}"
        verify = ssl.create_default_context(cafile=identity.ca_file) if identity else True
        self._client = httpx.AsyncClient(
            timeout=60.0, headers=bearer(token), verify=verify, trust_env=False
        )
        self._publisher: Publisher
        stack = StackSettings(trust, folder, folder, 0, cool_down_s=0.0, memory_bound_mb=0)
        own = {"LETHE_BROKER": broker}
        if identity:
            settings = {**settings, **_tls(identity)}
        specs = [
            service_spec(name, name, stack, own, port)
            for name, port in zip(names, free_ports(len(names)), strict=True)
        ]
        # Started again by the test, if at all: one that comes back at once may well lead again.
        self.children = [
            Child(
                replace(spec, restart_limit=0, environment={**spec.environment, **settings}),
                print,
                print,
            )
            for spec in specs
        ]

    async def start(self, publisher: Publisher) -> None:
        self._publisher = publisher
        for child in self.children:
            await child.start()
            child.ready = True

    async def stop(self) -> None:
        for child in self.children:
            child.begin_stop(kill=True)
            await child.end_stop()
        await self._client.aclose()

    async def on_ticket(self, record: Record) -> None:
        payload = SignedEnvelope.decode(record.body).payload
        self.transit.hear(KeyTicket.decode(payload), now())

    async def leader(self, *, other_than: Child | None = None) -> Child:
        """Wait until an alert leads and match has its key; return it."""
        async with asyncio.timeout(60):
            while True:
                for child in self.children:
                    leads = child is not other_than and await self._readiness(child) == (200, False)
                    if leads and self.transit.current(now()) is not None:
                        return child

    async def standing_by(self, child: Child) -> None:
        """Wait until an alert says that another leads."""
        async with asyncio.timeout(60):
            while await self._readiness(child) != (503, True):
                pass

    async def _readiness(self, child: Child) -> tuple[int, bool] | None:
        """Return the status of its answer, and whether it stands by; None if there is none."""
        try:
            answer = await self._client.get(f"{self.origin(child)}/readyz")
        except httpx.HTTPError:
            return None
        return answer.status_code, bool(answer.json()["standby"])

    def origin(self, child: Child) -> str:
        """Return the address of an alert."""
        return f"{self._origin}:{child.spec.port}"

    async def publish(
        self,
        count: int,
        key: TransitKey | None = None,
        *,
        crop: bytes = CROP,
        deployment_id: str = "deployment-1",
    ) -> None:
        """Publish candidate lists as match does, their crops sealed to alert's present key."""
        for _ in range(count):
            search_id = f"search-{len(self.published)}"
            transit = key or self.transit.current(now())
            assert transit is not None
            at = now()
            found = candidates_found(
                search_id, captured=at, deployment_id=deployment_id
            ).model_copy(
                update={"decided": at, "transit_key_id": transit.key_id, "sealed_crop": b""}
            )
            sealed = wrap(crop, transit.public_key, found.binding())
            body = found.model_copy(update={"sealed_crop": sealed}).encode()
            envelope = self._signer.sign(CANDIDATES_FOUND.name, body)
            await self._publisher.send(CANDIDATES_FOUND, found.camera_id, envelope.encode())
            self.published.append(search_id)

    async def stored(self) -> None:
        """Wait until as many candidate lists are stored as were published."""
        await until(lambda: len(searches_of(self.database)) >= len(self.published))

    async def check(self, leader: Child) -> None:
        """See that every list is one alert of its own, whose picture opens."""
        alerts = await self.shown(leader)
        searches = searches_of(self.database)
        assert set(searches) == set(self.published)
        assert len({alert["alert_id"] for alert in alerts}) == len(alerts)
        assert sorted(searches.values()) == [alert["sequence"] for alert in alerts]
        for alert in alerts:
            assert (await self.probe(leader, alert["alert_id"])).content == CROP

    async def shown(self, leader: Child) -> list[dict[str, Any]]:
        """Wait until every published candidate list is an alert that is shown; return them."""
        async with asyncio.timeout(60):
            while True:
                alerts = await self.alerts(leader)
                if len(alerts) >= len(self.published):
                    return alerts

    async def alerts(self, leader: Child) -> list[dict[str, Any]]:
        """Return every alert that the leader knows."""
        answer = await self._client.get(f"{self._alerts(leader)}?limit=1000")
        alerts: list[dict[str, Any]] = answer.json()["alerts"]
        return alerts

    async def probe(self, leader: Child, alert_id: str) -> httpx.Response:
        """Ask for an alert's picture."""
        return await self._client.get(f"{self._alerts(leader)}/{alert_id}/probe")

    async def adjudicate_as_false(self, leader: Child, alert_id: str) -> dict[str, Any]:
        """Decide that an alert is a false one; return it as it is afterwards."""
        decision = {"verdict": "false_alert", "confirmed": True}
        address = f"{self._alerts(leader)}/{alert_id}/adjudications"
        answer = await self._client.post(address, json=decision)
        alert: dict[str, Any] = answer.raise_for_status().json()
        return alert

    def _alerts(self, leader: Child) -> str:
        return f"{self.origin(leader)}/api/v1/alerts"


def _tls(identity: Identity) -> dict[str, str]:
    return {
        "LETHE_HTTP_CERTIFICATE_FILE": str(identity.ca_file),
        "LETHE_HTTP_KEY_FILE": str(identity.key_file),
    }


@asynccontextmanager
async def running_alerts(
    broker: str,
    folder: Path,
    names: tuple[str, ...],
    environment: Mapping[str, str] = MappingProxyType({}),
    identity: Identity | None = None,
) -> AsyncIterator[RunningAlerts]:
    """Run alerts until the block ends, with more settings by environment if given; see there."""
    create_local_trust(folder / "trust", wall_us=now().wall_us)
    trust = load_local_trust(folder / "trust")
    alerts = RunningAlerts(broker, folder, trust, names, environment, identity)
    settings = settings_for(broker, "match-1")
    async with AsyncExitStack() as resources:
        publisher = await resources.enter_async_context(publishing(settings))
        tickets = [Subscription(ALERT_TICKET, alerts.on_ticket)]
        await resources.enter_async_context(reading(settings, publisher, tickets))
        resources.push_async_callback(alerts.stop)
        await alerts.start(publisher)
        yield alerts
