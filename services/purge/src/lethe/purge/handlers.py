"""Records in, domain calls out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lethe.contracts.errors import RolledBack
from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.live import FrameProcessed, ProbeDecided, SlotClosed
from lethe.contracts.orders import DeploymentOrdered
from lethe.contracts.receipts import AlertsErased
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.suspension import DeploymentSuspended
from lethe.contracts.topics import (
    ALERTS_ERASED,
    DEPLOYMENT_ORDERED,
    DEPLOYMENT_SUSPENDED,
    FRAME_PROCESSED,
    KEY_GRANTED,
    PROBE_DECIDED,
    SLOT_CLOSED,
    TICKETS,
)
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.budgets import Budgets
from lethe.purge.erasures import Erasure, require_fresh
from lethe.purge.outbox import ReceiptsOutbox
from lethe.purge.reign import Reign
from lethe.purge.rivals import Rivals
from lethe.purge.sent_grants import SentGrants
from lethe.runtime.reader import Start, Subscription
from lethe.runtime.records import Record
from lethe.shredding.clock import instant
from lethe.shredding.heard import read_ticket
from lethe.shredding.membership import Membership
from lethe.shredding.orders import OtherReceiptsKey
from lethe.shredding.ownership import Holders
from lethe.shredding.suspensions import Suspensions


@dataclass(frozen=True, slots=True)
class Books:
    """What purge keeps of what it hears, whether or not it leads.

    Attributes
    ----------
    tell
        Has a receipt say what was erased.
    keep
        Has it kept what was obeyed.
    """

    accountant: Accountant
    suspensions: Suspensions
    outbox: ReceiptsOutbox
    anchoring: Anchoring
    budgets: Budgets
    sent: SentGrants
    rivals: Rivals
    tell: Callable[[Sequence[Erasure]], None]
    keep: Callable[[], None]


class Handlers:
    """About five lines each: check, decode, call the domain."""

    def __init__(self, member: Membership, reign: Reign, books: Books) -> None:
        self._member = member
        self._reign = reign
        self._books = books
        self._holders = Holders()

    def subscriptions(self) -> list[Subscription]:
        """Return purge's dispatch table."""
        return [
            *(Subscription(topic, self.on_ticket) for topic in TICKETS.values()),
            Subscription(KEY_GRANTED, self.on_grant),
            Subscription(DEPLOYMENT_ORDERED, self.on_order, Start.BEGINNING),
            Subscription(DEPLOYMENT_SUSPENDED, self.on_suspension, Start.BEGINNING),
            Subscription(SLOT_CLOSED, self.on_slot),
            Subscription(FRAME_PROCESSED, self.on_frame),
            Subscription(PROBE_DECIDED, self.on_probe),
            Subscription(ALERTS_ERASED, self.on_erased),
        ]

    async def on_ticket(self, record: Record) -> None:
        """Check a ticket's signature and role; account for it; let it be granted to."""
        received = instant(self._member.clock)
        heard = read_ticket(record.topic, record.key, record.body, self._member.roster, received)
        books, ticket = self._books, heard.ticket
        is_newest = self._holders.hear(heard)
        books.accountant.hear_ticket(ticket, is_newest=is_newest)
        if not is_newest:
            raise RolledBack("a ticket that was heard before, or one before it")
        for hears in (books.outbox, books.anchoring, books.budgets):
            hears.hear(ticket)
        books.accountant.suspect(books.rivals.hear_ticket(heard))
        self._reign.hear(heard)

    async def on_grant(self, record: Record) -> None:
        """Account for another instance's grant; this one's own were when they were made."""
        if record.body in self._books.sent:
            return
        envelope = SignedEnvelope.decode(record.body)
        now_us = self._member.clock.wall_us()
        self._member.roster.check(envelope, record.topic.name, (Role.PURGE,), now_us)
        granted = KeyGranted.decode(envelope.payload)
        self._books.accountant.hear_grant(granted)
        self._books.accountant.suspect(self._books.rivals.hear_grant(granted))

    async def on_order(self, record: Record) -> None:
        """Verify an order by ourselves and hold it; say so if its receipts can't be signed."""
        ordered = DeploymentOrdered.decode(record.body)
        try:
            held = self._member.orders.hear(ordered, self._member.clock.wall_us())
        except OtherReceiptsKey as error:
            self._reign.refuse(error.deployment_id, str(error))
            raise
        finally:
            self._books.keep()
        self._reign.obey(held.order.deployment_id)

    async def on_suspension(self, record: Record) -> None:
        """Hold a suspension, this instance's own or the other's."""
        envelope = SignedEnvelope.decode(record.body)
        now_us = self._member.clock.wall_us()
        self._member.roster.check(envelope, record.topic.name, (Role.PURGE,), now_us)
        self._books.suspensions.hear(DeploymentSuspended.decode(envelope.payload))
        self._books.keep()

    async def on_slot(self, record: Record) -> None:
        """Take a camera's counts."""
        self._books.accountant.hear_slot(SlotClosed.decode(record.body))

    async def on_frame(self, record: Record) -> None:
        """Take a frame's counts."""
        self._books.accountant.hear_frame(FrameProcessed.decode(record.body))

    async def on_probe(self, record: Record) -> None:
        """Take a probe's end."""
        self._books.accountant.hear_probe(ProbeDecided.decode(record.body))

    async def on_erased(self, record: Record) -> None:
        """Take what was erased, as alert signed it."""
        envelope = SignedEnvelope.decode(record.body)
        now = instant(self._member.clock)
        self._member.roster.check(envelope, record.topic.name, (Role.ALERT,), now.wall_us)
        said = AlertsErased.decode(envelope.payload)
        require_fresh(said, now)
        self._books.tell([*said.alerts, *said.watchlists])
