"""Records in, domain calls out."""

import asyncio
from functools import partial
from typing import TypeVar

import structlog

from lethe.contracts.enrolment import ReferenceEnrolled
from lethe.contracts.errors import LetheError, Refused, RolledBack, Transient
from lethe.contracts.headers import read_address
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket
from lethe.contracts.live import CandidatesFound
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.probe import PROBE_BYTES
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import (
    ALERT_TICKET,
    CANDIDATES_FOUND,
    DEPLOYMENT_ORDERED,
    DETECT_TICKET,
    KEY_GRANTED,
    PROBE_DECIDED,
    PROBE_EXTRACTED,
    REFERENCE_ENROLLED,
    REFERENCE_EXTRACTED,
)
from lethe.match.enrolment import EnrolmentDesk
from lethe.match.probes import ProbeDesk, SealedProbe
from lethe.match.transit import TransitKeys
from lethe.match.watchlists import Watchlists
from lethe.runtime import metrics
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.shredding.clock import instant
from lethe.shredding.heard import read_ticket
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import Membership
from lethe.shredding.ownership import Holders
from lethe.shredding.packs import PacksInUse
from lethe.shredding.sealing import LENGTH_BYTES, TAG_BYTES

_log = structlog.get_logger()
_ORDERS_CHECK_S = 5.0

MOST_PROBES = 1_024
"""More than are searched in the time for which their keys live, on the largest of machines."""

MOST_TEMPLATES = 64
"""alert submits a few at a time."""

_MOST_PROBE_BYTES = PROBE_BYTES + LENGTH_BYTES + TAG_BYTES
_Waiting = TypeVar("_Waiting")


class Handlers:
    """Queues probes for searching together, and passes the rest on."""

    def __init__(
        self,
        member: Membership,
        publisher: Publisher,
        watchlists: Watchlists,
        transit: TransitKeys,
        *,
        batch: int,
    ) -> None:
        self._member = member
        self._publisher = publisher
        self._watchlists = watchlists
        self._transit = transit
        self._batch = batch
        self._erased: frozenset[str] = frozenset()
        self._packs = PacksInUse()
        self._holders = Holders()
        self._waiting: asyncio.Queue[SealedProbe] = asyncio.Queue(MOST_PROBES)
        self._templates: asyncio.Queue[tuple[SealAddress, bytes]] = asyncio.Queue(MOST_TEMPLATES)

    def subscriptions(self, keys: KeyTraffic) -> list[Subscription]:
        """Return match's dispatch table."""

        async def on_grant(record: Record) -> None:
            keys.on_grant(record.key, record.body)

        return [
            Subscription(KEY_GRANTED, on_grant),
            Subscription(ALERT_TICKET, self.on_alert_ticket),
            Subscription(DETECT_TICKET, self.on_detect_ticket),
            Subscription(DEPLOYMENT_ORDERED, self.on_order, Start.BEGINNING),
            Subscription(PROBE_EXTRACTED, self.on_probe, owned=True),
            Subscription(REFERENCE_EXTRACTED, self.on_template),
        ]

    async def on_order(self, record: Record) -> None:
        """Verify an order by ourselves; drop its watchlist when it has ended."""
        ordered = DeploymentOrdered.decode(record.body)
        self._member.orders.hear(ordered, self._member.clock.wall_us())
        await self._drop_unordered()

    async def keep_to_orders(self) -> None:
        """Drop lists that are over, erased, or of model packs that are gone, until cancelled."""
        while True:
            await asyncio.sleep(_ORDERS_CHECK_S)
            try:
                await self._drop_unordered()
                await self._drop_superseded()
            except Transient as error:
                _log.warning("watchlist not dropped yet", error=type(error).__name__)

    async def _drop_unordered(self) -> None:
        """Drop each that may go; one that the index keeps holds up none of the others.

        What is ordered for later stays: who is on it isn't enrolled again when that begins.
        """
        now_us = self._member.clock.wall_us()
        orders = self._member.orders
        live = {held.order.watchlist_id for held in orders.live_orders(now_us)}
        over: set[str] = set()
        to_come: set[str] = set()
        for held in orders.all_orders():
            is_over = held.status is OrderStatus.ENDED or now_us >= held.order.ends_at_us
            (over if is_over else to_come).add(held.order.watchlist_id)
        fault: Transient | None = None
        for watchlist_id in (over - to_come) | (self._erased - live):
            try:
                await self._watchlists.drop(watchlist_id)
            except Transient as error:
                fault = error
        if fault is not None:
            raise fault

    async def _drop_superseded(self) -> None:
        """Drop the lists of model packs that no detect works with any more."""
        now = instant(self._member.clock)
        ordered = {
            held.order.watchlist_id: held.order.watchlist_hash
            for held in self._member.orders.all_orders()
        }
        await self._watchlists.drop_superseded(ordered, self._packs.all(now))

    async def on_detect_ticket(self, record: Record) -> None:
        """Learn which model pack an instance of detect works with."""
        received = instant(self._member.clock)
        self._packs.hear(self._ticket(record, received), received)

    async def on_alert_ticket(self, record: Record) -> None:
        """Take alert's transit key and what it erased, if alert signed it."""
        received = instant(self._member.clock)
        ticket = self._ticket(record, received)
        self._transit.hear(ticket, received)
        self._erased |= frozenset(ticket.erased_watchlists)

    def _ticket(self, record: Record, received: Instant) -> KeyTicket:
        """Return a ticket; one that is written again would announce a key that is over."""
        heard = read_ticket(record.topic, record.key, record.body, self._member.roster, received)
        if not self._holders.hear(heard):
            raise RolledBack("a ticket that was heard before, or one before it")
        return heard.ticket

    async def on_probe(self, record: Record) -> None:
        """Queue a sealed probe."""
        address = read_address(record.headers)
        if address.purpose is not Purpose.PROBE or address.lane != record.key:
            raise Refused("a probe is addressed as something else")
        if len(record.body) > _MOST_PROBE_BYTES:
            raise Refused("a probe is larger than any that was sealed")
        _queue(self._waiting, SealedProbe(address, record.body), record)

    async def on_template(self, record: Record) -> None:
        """Queue a sealed template of a reference."""
        _queue(self._templates, (read_address(record.headers), record.body), record)

    async def rescue(self, found: CandidatesFound) -> None:
        """Sign and publish a candidate list."""
        envelope = self._member.signer.sign(CANDIDATES_FOUND.name, found.encode())
        await self._publisher.send(CANDIDATES_FOUND, found.camera_id, envelope.encode())

    async def decide_probes(self, desk: ProbeDesk) -> None:
        """Search what waits, together, until cancelled."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            with metrics.STAGE_SECONDS.labels("search").time():
                decisions = await desk.decide(batch)
            try:
                told = [(each.camera_id, each.encode()) for each in decisions]
                await self._publisher.send_all(PROBE_DECIDED, told)
            except Transient:
                metrics.NOT_PUBLISHED.labels(PROBE_DECIDED.name).inc(len(decisions))

    async def enrol_references(self, desk: EnrolmentDesk) -> None:
        """Enrol what waits, one after another, and tell of it together, until cancelled."""
        while True:
            waiting = [await self._templates.get()]
            while not self._templates.empty():
                waiting.append(self._templates.get_nowait())
            enrolled = [each for one in waiting if (each := await _enrolled(desk, one))]
            sign = partial(self._member.signer.sign, REFERENCE_ENROLLED.name)
            told = [(each.reference_id, sign(each.encode()).encode()) for each in enrolled]
            try:
                if told:
                    await self._publisher.send_all(REFERENCE_ENROLLED, told)
            except Transient as error:
                # Whoever submitted them hears nothing and tries again, as of what isn't enrolled.
                _log.info("references not told", count=len(told), error=type(error).__name__)


async def _enrolled(
    desk: EnrolmentDesk, template: tuple[SealAddress, bytes]
) -> ReferenceEnrolled | None:
    try:
        return await desk.enrol(*template)
    except LetheError as error:
        _log.info("reference not enrolled", error=type(error).__name__)
        return None


def _queue(queue: asyncio.Queue[_Waiting], item: _Waiting, record: Record) -> None:
    """Let something wait; where too much does, what has waited longest gives way.

    Its key is the next to end anyway, and a probe without a decision counts as lost.
    """
    if queue.full():
        queue.get_nowait()
        metrics.RECORDS_DISPLACED.labels(record.topic.name).inc()
    queue.put_nowait(item)
