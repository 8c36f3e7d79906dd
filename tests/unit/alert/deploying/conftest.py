"""The desk of orders, with a broker that remembers what it was given."""

import asyncio

import pytest
from tests.support.clocks import FakeClock
from tests.support.forgetting import CAMERA, an_order, signer_of

from lethe.alert.deploying import DeploymentDesk
from lethe.contracts.errors import Transient
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

ORDER = an_order(watchlist_hash="ab" * 32, alert_retention_hours=7)


class Front:
    """A desk with a broker that remembers."""

    def __init__(self, trust: LocalTrust) -> None:
        self.clock = FakeClock()
        self.published: list[tuple[DeploymentOrdered, str, list[CameraAssigned]]] = []
        self.broker_away = False
        self.answers = asyncio.Event()
        self.answers.set()
        self.answers_lost = False
        self.given = asyncio.Event()
        book = OrderBook(trust.roster())
        key = signer_of(trust, "alert")
        self.desk = DeploymentDesk(book, Suspensions(book), self.clock, self._publish, key)

    async def _publish(
        self, ordered: DeploymentOrdered, deployment_id: str, cameras: list[CameraAssigned]
    ) -> None:
        if self.broker_away:
            raise Transient("the broker doesn't take it")
        self.published.append((ordered, deployment_id, cameras))
        self.given.set()
        await self.answers.wait()
        if self.answers_lost:
            raise Transient("nobody knows whether the broker took it")

    def hear(self, lists: dict[str, str], *, leaving: bool = False) -> list[str]:
        """Hear a match instance's ticket now."""
        ticket = KeyTicket(
            instance_id="match-1",
            role=Role.MATCH,
            boot="run",
            sequence=1,
            sent=self.clock.now(),
            public_key=b"",
            watchlists=lists,
            leaving=leaving,
        )
        return self.desk.hear_match(ticket, self.clock.now())

    async def blind(self) -> str | None:
        return (await self.desk.status()).blind


@pytest.fixture(name="front")
def front_(trust: LocalTrust) -> Front:
    return Front(trust)


def camera(camera_id: str = CAMERA, deployment_id: str = ORDER.deployment_id) -> CameraAssigned:
    return CameraAssigned(camera_id=camera_id, deployment_id=deployment_id, source="footage.mp4")
