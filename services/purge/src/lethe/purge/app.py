"""The only wiring of purge."""

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lethe.contracts.errors import LetheError
from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.receipts import ErasureReceipted
from lethe.contracts.suspension import DeploymentSuspended
from lethe.contracts.topic import Body
from lethe.contracts.topics import (
    DEPLOYMENT_SUSPENDED,
    ERASURE_RECEIPTED,
    KEY_GRANTED,
    PURGE_LEADERSHIP,
    REGISTRY,
)
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.backstop import Backstop
from lethe.purge.budgets import Budgets
from lethe.purge.handlers import Books, Handlers
from lethe.purge.log_folder import LogFolder
from lethe.purge.outbox import ReceiptsOutbox
from lethe.purge.progress_file import ProgressFile
from lethe.purge.receipting import Receipting
from lethe.purge.recollection import Recollection
from lethe.purge.reign import Publish, Reign
from lethe.purge.rhythm import Rhythm
from lethe.purge.rivals import Rivals
from lethe.purge.sent_grants import SentGrants
from lethe.purge.settings import PurgeSettings
from lethe.purge.suspending import Publish as Tell
from lethe.purge.suspending import Suspending
from lethe.purge.told import Origin
from lethe.receipts.notes import NoteSigner
from lethe.receipts.origins import fingerprint, signer_name
from lethe.receipts.stored import FOLDER
from lethe.runtime import metrics
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.http import HttpServer
from lethe.runtime.observing import KeyObserver
from lethe.runtime.ownership import Ownership
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Reader
from lethe.runtime.record_deletion import RecordDeletion
from lethe.runtime.service import Stop
from lethe.runtime.serving import serve_parts
from lethe.shredding.clock import Clock, instant
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.keytraffic import TICKET_MS
from lethe.shredding.membership import Membership, join
from lethe.shredding.software import own_software
from lethe.shredding.suspensions import Suspensions

_SETTLE_S = 1.0
_BACKSTOP_RETRY_S = 5.0
_log = structlog.get_logger()
_SEALED = tuple(topic for topic in REGISTRY if topic.body is Body.SEALED)

_FETCH_WAIT_MS = 40
"""Between tickets that are sent together; see `Rhythm`."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What purge is made of, behind the broker and in front of it."""

    books: Books
    recollection: Recollection
    receipting: Receipting
    reign: Reign
    suspending: Suspending

    async def settle(self) -> None:
        """Draw the account up, again and again, until cancelled."""
        while True:
            await asyncio.sleep(_SETTLE_S)
            self.books.accountant.settle()
            await self.suspending.settle()
            self.recollection.look()
            await self.receipting.settle()

    async def account(self, _request: Request) -> Response:
        """Answer with the account and with who stands where."""
        in_force = self.books.suspensions.in_force()
        standing = {
            "leader": self.reign.leads,
            "standstill": self.reign.standstill,
            "suspended": {each.deployment_id: each.ground.value for each in in_force},
        }
        return JSONResponse({**self.books.accountant.account(), **standing})


async def serve(settings: PurgeSettings, stop: Stop) -> None:
    """Run purge until `stop` is set."""
    member = join(Role.PURGE, **settings.membership())
    publisher = Publisher(settings, lambda: instant(member.clock))
    parts = await _assembled(settings, member, publisher)
    reign = parts.reign
    leadership = Ownership(settings, "purge", PURGE_LEADERSHIP, reign.on_leadership)
    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.PURGE, member.boot),
        is_ready=lambda: leadership.unreadiness() or publisher.trouble,
        trouble=lambda: publisher.trouble,
        routes=[Route("/account", parts.account)],
    )
    try:
        await serve_parts(
            stop,
            leadership.run,
            reign.run,
            parts.recollection.run,
            parts.settle,
            parts.books.outbox.run,
            partial(_keep_backstop, settings, member.clock, reign),
            partial(member.follow_roster, KeyObserver().roster_refused),
            publisher=publisher,
            reader=_reader(settings, member, publisher, parts),
            http=http,
        )
    finally:
        await parts.receipting.close()


async def _assembled(settings: PurgeSettings, member: Membership, publisher: Publisher) -> _Parts:
    accountant = Accountant(
        member.clock, budget_ms=settings.budget_ms, patience_s=settings.suspend_after_s
    )
    suspensions = Suspensions(member.orders)
    recollection = Recollection(
        ProgressFile(settings.data_dir), member.roster, member.orders, suspensions
    )
    await recollection.recall()
    anchoring, sent = Anchoring(), SentGrants()
    receipting = await asyncio.to_thread(
        _receipting, settings, member, accountant, suspensions, anchoring
    )
    grant = _granting(member, publisher, sent)
    reign = Reign(member.orders, suspensions, member.clock, grant, receipting, recollection)
    budgets = Budgets(member.orders, suspensions)
    suspending = Suspending(
        accountant,
        budgets,
        suspensions,
        member.clock,
        _suspending(member, publisher),
        instance_id=settings.instance_id,
        leads=lambda: reign.leads,
    )
    outbox = _outbox(settings, member, publisher)
    books = Books(
        accountant,
        suspensions,
        outbox,
        anchoring,
        budgets,
        sent,
        Rivals(member.clock, lambda: reign.leads),
        receipting.hear_erased,
        recollection.look,
    )
    return _Parts(books, recollection, receipting, reign, suspending)


def _reader(
    settings: PurgeSettings, member: Membership, publisher: Publisher, parts: _Parts
) -> Reader:
    reign = parts.reign
    return Reader(
        settings,
        Handlers(member, reign, parts.books).subscriptions(),
        publisher=publisher,
        dead_letters=DeadLetters(settings, publisher),
        fetch_wait_ms=_FETCH_WAIT_MS,
        rest_s=Rhythm(member.clock, TICKET_MS, lambda: reign.served_us).rest_s,
    )


def _receipting(
    settings: PurgeSettings,
    member: Membership,
    accountant: Accountant,
    suspensions: Suspensions,
    anchoring: Anchoring,
) -> Receipting:
    private_key = read_private_key(settings.receipts_key_file)
    public = private_key.public_key().public_bytes_raw()
    member.orders.require_receipts_key(fingerprint(public))
    signer = NoteSigner(signer_name(public), private_key)
    return Receipting(
        LogFolder(settings.data_dir / FOLDER, signer, settings.instance_id),
        Origin(settings.instance_id, own_software(), settings.budget_ms),
        accountant=accountant,
        orders=member.orders,
        suspensions=suspensions,
        anchoring=anchoring,
        clock=member.clock,
    )


def _granting(member: Membership, publisher: Publisher, sent: SentGrants) -> Publish:
    async def publish(granted: KeyGranted) -> None:
        body = member.signer.sign(KEY_GRANTED.name, granted.encode()).encode()
        sent.note(body)
        await publisher.send(KEY_GRANTED, granted.holder, body)

    return publish


def _outbox(settings: PurgeSettings, member: Membership, publisher: Publisher) -> ReceiptsOutbox:
    async def send(piece: ErasureReceipted) -> None:
        envelope = member.signer.sign(ERASURE_RECEIPTED.name, piece.encode())
        await publisher.send(ERASURE_RECEIPTED, piece.origin, envelope.encode())

    folder = settings.data_dir / FOLDER
    return ReceiptsOutbox(folder, settings.instance_id, member.clock, send)


def _suspending(member: Membership, publisher: Publisher) -> Tell:
    async def publish(said: DeploymentSuspended) -> None:
        envelope = member.signer.sign(DEPLOYMENT_SUSPENDED.name, said.encode())
        await publisher.send(DEPLOYMENT_SUSPENDED, said.deployment_id, envelope.encode())

    return publish


async def _keep_backstop(settings: PurgeSettings, clock: Clock, reign: Reign) -> None:
    if not settings.broker_deletes_records:
        return
    while True:
        try:
            async with RecordDeletion(settings.broker_options(), _SEALED) as records:
                backstop = Backstop(
                    records, clock, lambda: reign.leads, budget_ms=settings.budget_ms
                )
                await backstop.run()
        except LetheError as error:
            # Nothing relies on it: purge goes on without, and tries again.
            metrics.BACKSTOP.labels("refused").inc()
            _log.warning("no connection to delete records", reason=str(error))
        await asyncio.sleep(_BACKSTOP_RETRY_S)
