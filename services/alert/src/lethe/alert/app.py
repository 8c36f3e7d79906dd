"""The only wiring of alert."""

import functools
import time
from dataclasses import replace

import structlog
from starlette.routing import BaseRoute, Mount

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.audit.reasons import Reasons
from lethe.alert.claiming import ErasureClaims
from lethe.alert.clock_file import ClockFile
from lethe.alert.database import Database, sqlite_url
from lethe.alert.deploying import DeploymentDesk
from lethe.alert.handlers import Handlers, Outbox, announce_restored
from lethe.alert.hub import AlertHub
from lethe.alert.identity.issuer import keys_in, keys_of
from lethe.alert.identity.jwt_tokens import JwtVerifier, Rules
from lethe.alert.identity.sign_in_codes import SignInCodes
from lethe.alert.keyring import Keyring
from lethe.alert.keystore import FileKeyStore
from lethe.alert.leading import Leadership
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.receipt_copies import ReceiptCopies
from lethe.alert.receipt_mirror import ReceiptMirror
from lethe.alert.reign import Reign
from lethe.alert.retention import RetentionScheduler
from lethe.alert.retention_clock import RetentionClock
from lethe.alert.settings import AlertSettings
from lethe.alert.term import Term, leader_of
from lethe.alert.transit import TransitKeyring
from lethe.alert.vault import Vault
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.enrolling import Enrolment
from lethe.alert.watchlists.ordered import ClosingDeployments
from lethe.alert.watchlists.sql_shelf import sql_shelf
from lethe.alert.web.front import Front
from lethe.alert.web.gate import Doorkeeper
from lethe.alert.web.guards import create_middleware, loopback_hosts
from lethe.alert.web.routes import create_routes
from lethe.alert.witnessing import Witnessing
from lethe.contracts.keys import Role
from lethe.contracts.topics import ALERT_TICKET, CANDIDATES_FOUND
from lethe.receipts.asking import ask_witness
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.runtime.http import HttpServer
from lethe.runtime.observing import KeyObserver
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Reader
from lethe.runtime.service import Stop
from lethe.runtime.serving import serve_parts
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import Membership, join
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.terms import Life, Standing

_log = structlog.get_logger()
_FETCH_WAIT_MS = 100
"""Grants for enrolment come once a slot: nothing here is urgent."""
_SLOTS_AT_REST = 3
"""Match uses no transit key that wasn't heard for two seconds: two tickets in a row may be lost."""


async def serve(settings: AlertSettings, stop: Stop) -> None:
    """Run alert until `stop` is set."""
    member = join(Role.ALERT, **settings.membership())
    holder = member.holder(Life(budget_ms=settings.budget_ms), obeys_orders=False)
    database = await Database.open(
        settings.database_url or sqlite_url(settings.data_dir / "database" / "alerts.sqlite"),
        settings.database_password,
    )
    try:
        keyring = _open_keyring(settings, member, database)
        await _serve(settings, stop, member, holder, keyring, database)
    finally:
        await database.close()


def _open_keyring(settings: AlertSettings, member: Membership, database: Database) -> Keyring:
    folder = settings.key_dir or settings.data_dir / "keys"
    of_database = [database.folder] if database.folder else []
    store = FileKeyStore(folder, apart_from=[*of_database, *settings.backed_up_dirs])
    _log.info("key store", state=store.promise.value)
    keyring = Keyring(store, RetentionClock(member.clock, ClockFile(folder)))
    # Before the first key is made: from a mark of this boot on, no stepped clock lengthens a life.
    keyring.keep_time()
    return keyring


def _verifier(settings: AlertSettings) -> JwtVerifier:
    file, issuer = settings.token_keys_file, settings.token_issuer
    rules = Rules(issuer, settings.token_audience, settings.token_life_s)
    keys = keys_in(file) if file else keys_of(issuer)
    return JwtVerifier(rules, keys, time.time, time.monotonic)


async def _serve(
    settings: AlertSettings,
    stop: Stop,
    member: Membership,
    holder: Holder,
    keyring: Keyring,
    database: Database,
) -> None:
    now = functools.partial(instant, member.clock)
    publisher = Publisher(settings, now)
    outbox = Outbox(member, publisher)
    deployments = DeploymentDesk(
        member.orders, Suspensions(member.orders), member.clock, outbox.order, member.signer
    )

    async def begin() -> Reign:
        term = await Term.begin(database, settings.instance_id, member.clock.wall_us)
        audit = SqlAuditLog(term)
        vault, hub, log = Vault(keyring), AlertHub(term.log_id, term.number), SqlAlertLog(term)
        book = WatchlistBook(sql_shelf(term), vault, now)
        transit = TransitKeyring(keyring, term.number, candidates)
        desk = AlertDesk(log, hub, vault, now, transit.retire, cool_down_s=settings.cool_down_s)
        reign = Reign(
            tenure=term,
            hub=hub,
            desk=desk,
            watchlists=book,
            enrolment=Enrolment(holder, book, outbox.reference),
            transit=transit,
            adjudicator=Adjudicator(desk.handling, log, outbox.adjudicated),
            claims=ErasureClaims(log, outbox.erased, now),
            now=now,
            audit=audit,
            consultations=Consultations(audit),
        )
        await reign.watchlists.restore()
        await reign.enrolment.resume()
        await announce_restored(publisher, reign.desk)
        return reign

    reasons = Reasons(Vault(keyring), now, settings.reason_days)
    leadership = Leadership(begin, session_s=settings.session_timeout_ms / 1000)
    receipts = ReceiptMirror(ReceiptCopies(settings.receipt_copies()))
    witnessing = Witnessing(settings.named_witnesses(), receipts.kept, ask_witness)
    handlers = Handlers(member, publisher, deployments, leadership, receipts)
    dead_letters = DeadLetters(settings, publisher)
    candidates = DurableReader(
        settings,
        "alert",
        CANDIDATES_FOUND,
        handlers.on_candidates,
        dead_letters,
        leadership.on_change,
    )

    def standing() -> Standing:
        of_leader = leadership.reign.standing() if leadership.reign else Standing()
        false_alerts = deployments.budgeted(of_leader.false_alerts) if leadership.reign else {}
        return replace(of_leader, receipts=receipts.held(), false_alerts=false_alerts)

    observer = KeyObserver()
    keys = KeyTraffic(
        holder,
        member.signer,
        member.roster,
        ticket_topic=ALERT_TICKET,
        send=publisher.send,
        standing=standing,
        observer=observer,
        slots_at_rest=_SLOTS_AT_REST,
    )
    reader = Reader(
        settings,
        handlers.subscriptions(keys),
        publisher=publisher,
        dead_letters=dead_letters,
        fetch_wait_ms=_FETCH_WAIT_MS,
    )

    doorkeeper, codes = Doorkeeper(_verifier(settings)), SignInCodes(time.monotonic)

    def routes(reign: Reign) -> list[BaseRoute]:
        return create_routes(
            desk=reign.desk,
            adjudicate=reign.adjudicator.adjudicate,
            hub=reign.hub,
            watchlists=reign.watchlists,
            enroller=reign.enrolment,
            deployments=ClosingDeployments(deployments, reign.watchlists.versions),
            status=deployments,
            backlog=candidates.backlog,
            receipts=receipts.kept,
            now=now,
            witnesses=witnessing.states,
            doorkeeper=doorkeeper,
            codes=codes,
            orders=deployments,
            audit=reign.audit,
            consultations=reign.consultations,
            reasons=reasons,
        )

    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.ALERT, member.boot),
        is_ready=leadership.unreadiness,
        stands_by=lambda: leadership.stands_by,
        routes=[Mount("", Front(leadership, routes, functools.partial(leader_of, database)))],
        middleware=lambda port: create_middleware({*loopback_hosts(port), *settings.allowed_hosts}),
        certificate=settings.certificate(),
    )
    await serve_parts(
        stop,
        candidates.run,
        leadership.run,
        RetentionScheduler(keyring).run,
        keys.run,
        receipts.run,
        witnessing.run,
        functools.partial(member.follow_roster, observer.roster_refused),
        publisher=publisher,
        reader=reader,
        http=http,
    )
