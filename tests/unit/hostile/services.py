"""The real reader and handlers of each service, in front of which a test puts records."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from tests.support.brokers import settings_for
from tests.support.clocks import FakeClock
from tests.support.forgetting import FakeSwitch
from tests.support.handing_on import Courier
from tests.support.hostile import Raw
from tests.support.members import member_of
from tests.support.publishing import FakePublisher

from lethe.alert.deploying import DeploymentDesk
from lethe.alert.handlers import Handlers as AlertHandlers
from lethe.contracts.errors import Erased
from lethe.contracts.keys import Role
from lethe.contracts.topic import Topic
from lethe.contracts.topics import CAMERA_ASSIGNED
from lethe.detect.handlers import Handlers as DetectHandlers
from lethe.detect.handlers import subscriptions_of_cameras
from lethe.detect.zones import Zones
from lethe.ingest.handlers import Handlers as IngestHandlers
from lethe.match.handlers import Handlers as MatchHandlers
from lethe.match.transit import TransitKeys
from lethe.match.watchlists import Watchlists
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.budgets import Budgets
from lethe.purge.handlers import Books
from lethe.purge.handlers import Handlers as PurgeHandlers
from lethe.purge.rivals import Rivals
from lethe.purge.sent_grants import SentGrants
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.observing import KeyObserver
from lethe.runtime.reader import Reader, Subscription
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import Membership
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.terms import Standing
from lethe.shredding.trust import LocalTrust


@dataclass
class Service:
    """A reader over a service's own dispatch table, and what it published."""

    reader: Reader
    publisher: FakePublisher

    def reads(self, topic: Topic) -> bool:
        return topic.name in self.reader._table

    async def take(self, topic: Topic, raw: Raw) -> None:
        """Hand over a record as the client brings it."""
        await self.reader._dispatch(TopicPartition(topic.name, 0), raw)


class Everything:
    """Takes whatever a handler tells its domain once a record is checked."""

    is_active = True

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.enrolment = self.looks = self.hub = self.desk = self.transit = self

    def assign(self, told: object) -> None:
        self.taken.append(told)

    hear = obey = on_report = on_outcome = assign

    def tell_withdrawn(self, deployment_id: str, _subject_ids: object) -> None:
        self.taken.append(deployment_id)

    def show(self, address: object, _sealed: bytes) -> None:
        self.taken.append(address)

    async def take(self, told: object) -> None:
        self.taken.append(told)

    async def receive(self, found: object, *_: object, **__: object) -> None:
        self.taken.append(found)

    async def unwrap(self, *_: object) -> bytes:
        raise Erased("no transit key here")


def service_of(name: str, trust: LocalTrust, folder: Path) -> Service:
    """Return a service's handlers behind its reader; must be called in an event loop."""
    role, clock = Role(name), FakeClock()
    member, publisher = member_of(trust, role, clock), FakePublisher(clock)
    settings = settings_for("127.0.0.1:9", f"{name}-1")
    subscriptions = _subscriptions(role, member, publisher, folder)
    reader = Reader(
        settings,
        subscriptions,
        publisher=publisher,
        dead_letters=DeadLetters(settings, publisher),
    )
    reader._table = {each.topic.name: each for each in reader._subscriptions}
    return Service(reader, publisher)


def _subscriptions(
    role: Role, member: Membership, publisher: FakePublisher, folder: Path
) -> Iterable[Subscription]:
    domain: Any = Everything()
    keys = KeyTraffic(
        Holder(member.instance_id, role, "run", clock=member.clock, switch=FakeSwitch()),
        member.signer,
        member.roster,
        ticket_topic=CAMERA_ASSIGNED,
        send=publisher.send,
        standing=Standing,
        observer=KeyObserver(),
    )
    if role is Role.INGEST:
        return IngestHandlers(member, domain, keys).subscriptions()
    if role is Role.DETECT:
        return _of_detect(member, publisher, keys)
    if role is Role.MATCH:
        watchlists = Watchlists(
            domain, instance_id="match-1", resemblance_cosine=0.5, unlikeness_cosine=0.2
        )
        handlers = MatchHandlers(member, publisher, watchlists, TransitKeys(), batch=4)
        return handlers.subscriptions(keys)
    if role is Role.PURGE:
        suspensions = Suspensions(member.orders)
        books = Books(
            Accountant(member.clock, budget_ms=1000),
            suspensions,
            Courier(folder).outbox,
            Anchoring(),
            Budgets(member.orders, suspensions),
            SentGrants(),
            Rivals(member.clock, lambda: True),
            domain.assign,
            lambda: None,
        )
        return PurgeHandlers(member, domain, books).subscriptions()
    return alert_handlers(member, domain).subscriptions(keys)


def alert_handlers(member: Membership, domain: "Everything") -> AlertHandlers:
    """Return what handles alert's records, leading, in front of a domain that takes all of them."""
    taker: Any = domain
    desk = DeploymentDesk(
        member.orders, Suspensions(member.orders), member.clock, taker.on_outcome, member.signer
    )
    leadership: Any = SimpleNamespace(reign=taker)
    return AlertHandlers(member, desk, leadership, taker, taker)


def _of_detect(
    member: Membership, publisher: FakePublisher, keys: KeyTraffic
) -> list[Subscription]:
    domain: Any = Everything()
    handlers = DetectHandlers(
        domain,
        domain,
        publisher=publisher,
        threads=domain,
        clock=member.clock,
        queue_frames=100,
        workers=2,
    )
    zones = Zones(member.orders, member.roster, member.clock)
    return [
        *handlers.subscriptions(keys),
        *subscriptions_of_cameras(member.orders, zones, member.clock),
    ]
