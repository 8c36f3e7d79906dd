"""The desk of orders, with a broker that remembers what it was given."""

import asyncio
from typing import Any

import pytest
from tests.support.clocks import FakeClock
from tests.support.forgetting import CAMERA, an_order, signer_of
from tests.support.tickets import ticket_of_detect

from lethe.alert.deploying import DeploymentDesk
from lethe.contracts.errors import Transient
from lethe.contracts.keys import HeldList, KeyTicket, Role
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

ORDER = an_order(watchlist_hash="ab" * 32, alert_retention_hours=7)
PACK = "5a" * 32


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
        self._tickets = 0
        self.detect(PACK)

    def detect(self, pack: str, **said: Any) -> None:
        """Hear an instance of detect tell what model pack it works with."""
        self._tickets += 1
        now = self.clock.now()
        self.desk.searching.hear_detect(ticket_of_detect(pack, self._tickets, now, **said), now)

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
        """Hear a match instance's ticket now; return the lists that it lacks."""
        held = [
            HeldList(watchlist_id=name, model=PACK, references=2, content_hash=content)
            for name, content in lists.items()
        ]
        return list(self.match(*held, leaving=leaving))

    def match(self, *lists: HeldList, leaving: bool = False) -> dict[str, int]:
        """Hear a match instance's ticket now; return what it lacks, and how much of it it has."""
        ticket = KeyTicket(
            instance_id="match-1",
            role=Role.MATCH,
            boot="run",
            sequence=1,
            sent=self.clock.now(),
            public_key=b"",
            lists=list(lists),
            leaving=leaving,
        )
        return self.desk.searching.hear_match(ticket, self.clock.now())

    async def blind(self) -> str | None:
        return (await self.desk.status()).blind


@pytest.fixture(name="front")
def front_(trust: LocalTrust) -> Front:
    return Front(trust)


def camera(camera_id: str = CAMERA, deployment_id: str = ORDER.deployment_id) -> CameraAssigned:
    return CameraAssigned(camera_id=camera_id, deployment_id=deployment_id, source="footage.mp4")
