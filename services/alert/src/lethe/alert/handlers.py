"""Records in, domain calls out."""

import structlog

from lethe.alert.deploying import DeploymentDesk
from lethe.alert.errors import NotLeading
from lethe.alert.figures import ReceiptFigures
from lethe.alert.leading import Leadership
from lethe.alert.receipt_mirror import ReceiptMirror
from lethe.alert.transit import TransitKeyring
from lethe.alert.watchlists.enrolling import SealedReference
from lethe.contracts.adjudication import AlertAdjudicated
from lethe.contracts.enrolment import ReferenceEnrolled
from lethe.contracts.errors import Erased, Refused, RolledBack
from lethe.contracts.headers import address_headers, read_address
from lethe.contracts.keys import Role
from lethe.contracts.live import AlertRaised, CandidatesFound, SlotClosed
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.contracts.receipts import (
    AlertsErased,
    ErasedAlert,
    ErasedWatchlist,
    ErasureReceipted,
)
from lethe.contracts.sealed import Purpose, SignedEnvelope
from lethe.contracts.suspension import DeploymentSuspended
from lethe.contracts.topics import (
    ALERT_ADJUDICATED,
    ALERT_RAISED,
    ALERTS_ERASED,
    CAMERA_ASSIGNED,
    DEPLOYMENT_ORDERED,
    DEPLOYMENT_SUSPENDED,
    DETECT_TICKET,
    ERASURE_RECEIPTED,
    KEY_GRANTED,
    MATCH_TICKET,
    REFERENCE_ENROLLED,
    REFERENCE_SUBMITTED,
    SLOT_CLOSED,
    VIEW_MADE,
)
from lethe.runtime import metrics
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.shredding.clock import instant
from lethe.shredding.heard import read_ticket
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import Membership
from lethe.shredding.memory import wipe_bytes
from lethe.shredding.ownership import HeardTicket, Holders

_log = structlog.get_logger()


class Outbox:
    """What alert publishes."""

    def __init__(self, member: Membership, publisher: Publisher) -> None:
        self._member = member
        self._publisher = publisher

    async def order(
        self, ordered: DeploymentOrdered, deployment_id: str, cameras: list[CameraAssigned]
    ) -> None:
        """Publish the cameras that an order names, then the order: none runs without settings."""
        for camera in cameras:
            envelope = self._member.signer.sign(CAMERA_ASSIGNED.name, camera.encode())
            await self._publisher.send(CAMERA_ASSIGNED, camera.camera_id, envelope.encode())
        await self._publisher.send(DEPLOYMENT_ORDERED, deployment_id, ordered.encode())

    async def raised(self, raised: AlertRaised) -> None:
        """Publish that an alert was raised."""
        await self._publisher.send(ALERT_RAISED, raised.alert_id, raised.encode())

    async def adjudicated(self, adjudicated: AlertAdjudicated) -> None:
        """Publish how an alert was adjudicated."""
        await self._publisher.send(ALERT_ADJUDICATED, adjudicated.alert_id, adjudicated.encode())

    async def erased(self, alerts: list[ErasedAlert], watchlists: list[ErasedWatchlist]) -> None:
        """Publish what was erased, for receipts."""
        said = AlertsErased(
            instance_id=self._member.instance_id,
            alerts=alerts,
            sent=instant(self._member.clock),
            watchlists=watchlists,
        )
        envelope = self._member.signer.sign(ALERTS_ERASED.name, said.encode())
        await self._publisher.send(ALERTS_ERASED, said.instance_id, envelope.encode())

    async def reference(self, sealed: SealedReference) -> None:
        """Publish a sealed reference image."""
        headers = address_headers(sealed.address)
        await self._publisher.send(REFERENCE_SUBMITTED, sealed.address.lane, sealed.body, headers)


class Handlers:
    """About five lines each: check, decode, call the domain.

    A standby hears of orders, cameras, what match holds and receipts; the rest is the leader's.
    """

    def __init__(
        self,
        member: Membership,
        deployments: DeploymentDesk,
        leadership: Leadership,
        receipts: ReceiptMirror,
        figures: ReceiptFigures,
    ) -> None:
        self._member = member
        self._deployments = deployments
        self._leadership = leadership
        self._receipts = receipts
        self._figures = figures
        self._holders = Holders()

    def subscriptions(self, keys: KeyTraffic) -> list[Subscription]:
        """Return alert's dispatch table; candidates are read durably, apart from it."""

        async def on_grant(record: Record) -> None:
            keys.on_grant(record.key, record.body)

        return [
            Subscription(KEY_GRANTED, on_grant),
            Subscription(DEPLOYMENT_ORDERED, self.on_order, Start.BEGINNING),
            Subscription(CAMERA_ASSIGNED, self.on_camera, Start.BEGINNING),
            Subscription(DEPLOYMENT_SUSPENDED, self.on_suspension, Start.BEGINNING),
            Subscription(DETECT_TICKET, self.on_detect_ticket),
            Subscription(MATCH_TICKET, self.on_match_ticket),
            Subscription(REFERENCE_ENROLLED, self.on_enrolled),
            Subscription(ERASURE_RECEIPTED, self.on_receipted),
            Subscription(SLOT_CLOSED, self.on_slot),
            Subscription(VIEW_MADE, self.on_view),
        ]

    async def on_order(self, record: Record) -> None:
        """Verify an order and hold it; tell who looks at alerts about whoever is withdrawn."""
        name = self._deployments.hear_order(DeploymentOrdered.decode(record.body))
        if reign := self._leadership.reign:
            reign.hub.tell_withdrawn(name, self._deployments.withdrawn(name))

    async def on_camera(self, record: Record) -> None:
        """Learn how a camera is assigned: nobody changes that under an order."""
        payload = self._checked(record, Role.ALERT).payload
        self._deployments.hear_assigned(CameraAssigned.decode(payload))

    async def on_suspension(self, record: Record) -> None:
        """Show why a deployment gets no keys."""
        payload = self._checked(record, Role.PURGE).payload
        self._deployments.hear_suspension(DeploymentSuspended.decode(payload))

    async def on_detect_ticket(self, record: Record) -> None:
        """Learn which model pack detect works with."""
        heard = self._ticket(record)
        self._deployments.searching.hear_detect(heard.ticket, heard.received)

    async def on_match_ticket(self, record: Record) -> None:
        """Learn what match holds; send it what it lacks: it lost it, or the model pack changed."""
        heard = self._ticket(record)
        lacking = self._deployments.searching.hear_match(heard.ticket, heard.received)
        reign = self._leadership.reign
        if reign is None or reign.enrolment.is_active:
            return
        for watchlist_id, held in lacking.items():
            await reign.enrolment.submit_again(watchlist_id, held)

    async def on_enrolled(self, record: Record) -> None:
        """Take how an enrolment ended, to be recorded."""
        enrolled = ReferenceEnrolled.decode(self._checked(record, Role.MATCH).payload)
        if reign := self._leadership.reign:
            reign.enrolment.on_outcome(enrolled)

    async def on_receipted(self, record: Record) -> None:
        """Keep receipts, to hand them on; standbys do as well. The leader looks for its own."""
        piece = ErasureReceipted.decode(self._checked(record, Role.PURGE).payload)
        is_new, reign = await self._receipts.take(piece), self._leadership.reign
        if is_new:
            self._figures.take(piece.leaves)
        if is_new and reign is not None:
            await reign.claims.take(piece.leaves)

    async def on_slot(self, record: Record) -> None:
        """Learn how a camera is."""
        self._deployments.hear_camera(SlotClosed.decode(record.body))

    async def on_view(self, record: Record) -> None:
        """Show what a camera sees to those who wait for it."""
        address = read_address(record.headers)
        if address.purpose is not Purpose.VIEW or address.lane != record.key:
            raise Refused("a view is addressed as something else")
        if reign := self._leadership.reign:
            try:
                reign.looks.show(address, record.body)
            except (Erased, Refused):
                metrics.RECORDS_NOT_OPENED.labels(VIEW_MADE.name).inc()

    async def on_candidates(self, record: Record) -> None:
        """Raise an alert, once, and have it announced."""
        reign = self._leadership.reign
        if reign is None:
            raise NotLeading("this instance doesn't lead")
        found = CandidatesFound.decode(self._checked(record, Role.MATCH).payload)
        terms = self._deployments.terms(found.deployment_id)
        crop = await _opened(reign.transit, found, found.sealed_crop, found.binding())
        figure = None
        try:
            if found.sealed_figure:
                bound = found.figure_binding()
                figure = await _opened(reign.transit, found, found.sealed_figure, bound)
            alert = await reign.desk.receive(found, crop, terms, figure=figure)
        finally:
            wipe_bytes(crop or b"")
            wipe_bytes(figure or b"")
        if alert is not None:
            reign.announcer.wake()

    def _ticket(self, record: Record) -> HeardTicket:
        """Return a ticket; one that is written again would tell of lists that are lost."""
        received = instant(self._member.clock)
        heard = read_ticket(record.topic, record.key, record.body, self._member.roster, received)
        if not self._holders.hear(heard):
            raise RolledBack("a ticket that was heard before, or one before it")
        return heard

    def _checked(self, record: Record, role: Role) -> SignedEnvelope:
        envelope = SignedEnvelope.decode(record.body)
        now_us = self._member.clock.wall_us()
        self._member.roster.check(envelope, record.topic.name, (role,), now_us)
        return envelope


async def _opened(
    transit: TransitKeyring, found: CandidatesFound, sealed: bytes, binding: bytes
) -> bytes | None:
    """Open a picture; an alert whose picture is gone is raised all the same."""
    try:
        return await transit.unwrap(found.transit_key_id, sealed, binding)
    except (Erased, Refused) as error:
        _log.warning("alert without picture", error=type(error).__name__)
        return None
