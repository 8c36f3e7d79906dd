"""The only wiring of alert."""

import asyncio
import functools
from pathlib import Path

import structlog

from lethe.alert.database import Database, sqlite_url
from lethe.alert.deploying import DeploymentDesk
from lethe.alert.enrolling import Enrolment
from lethe.alert.handlers import Handlers, Outbox, announce_restored
from lethe.alert.hub import AlertHub
from lethe.alert.keystore import FileKeyStore
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.references import SqlReferenceStore
from lethe.alert.settings import AlertSettings
from lethe.alert.transit import TransitKeyring
from lethe.alert.vault import Vault
from lethe.alert.watchlists import WatchlistBook
from lethe.alert.web.guards import create_middleware, loopback_hosts
from lethe.alert.web.routes import create_routes
from lethe.contracts.errors import Transient
from lethe.contracts.keys import Role
from lethe.contracts.topics import ALERT_TICKET, CANDIDATES_FOUND
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
from lethe.shredding.terms import Life, Standing

_RETENTION_S = 30.0
_log = structlog.get_logger()

_FETCH_WAIT_MS = 100
"""Grants for enrolment come once a slot: nothing here is urgent."""


async def serve(settings: AlertSettings, stop: Stop) -> None:
    """Run alert until `stop` is set."""
    member = join(Role.ALERT, **settings.membership())
    holder = member.holder(Life(budget_ms=settings.budget_ms), obeys_orders=False)
    keystore = FileKeyStore(settings.key_dir or settings.data_dir / "keys")
    database = await Database.open(
        settings.database_url or sqlite_url(Path(settings.data_dir) / "alerts.sqlite3"),
        settings.database_password,
    )
    try:
        await _serve(settings, stop, member, holder, keystore, database)
    finally:
        await database.close()


async def _serve(
    settings: AlertSettings,
    stop: Stop,
    member: Membership,
    holder: Holder,
    keystore: FileKeyStore,
    database: Database,
) -> None:
    now = functools.partial(instant, member.clock)
    publisher = Publisher(settings, now)
    vault, hub, outbox = Vault(keystore), AlertHub(), Outbox(member, publisher)
    desk = AlertDesk(SqlAlertLog(database), hub, vault, now, cool_down_s=settings.cool_down_s)
    book = WatchlistBook(SqlReferenceStore(database), vault)
    deployments = DeploymentDesk(member.orders, member.clock, outbox.order)
    enrolment = Enrolment(holder, book, outbox.reference)
    handlers = Handlers(member, publisher, desk, deployments, enrolment)
    dead_letters = DeadLetters(settings, publisher)
    candidates = DurableReader(
        settings, "alert", CANDIDATES_FOUND, handlers.on_candidates, dead_letters
    )
    transit = TransitKeyring(keystore, candidates.caught_up)
    handlers.transit = transit
    observer = KeyObserver()
    keys = KeyTraffic(
        holder,
        member.signer,
        member.roster,
        ticket_topic=ALERT_TICKET,
        send=publisher.send,
        standing=lambda: Standing(enrols=enrolment.is_active, transit=transit.announced()),
        observer=observer,
    )
    reader = Reader(
        settings,
        handlers.subscriptions(keys),
        publisher=publisher,
        dead_letters=dead_letters,
        fetch_wait_ms=_FETCH_WAIT_MS,
    )
    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.ALERT, member.boot),
        is_ready=lambda: None if candidates.has_joined else "not in its group yet",
        routes=create_routes(
            desk=desk,
            hub=hub,
            watchlists=book,
            enroller=enrolment,
            deployments=deployments,
            status=deployments,
            backlog=candidates.backlog,
        ),
        middleware=lambda port: create_middleware({*loopback_hosts(port), *settings.allowed_hosts}),
    )

    async def restore() -> None:
        await book.restore()
        await enrolment.resume()
        await announce_restored(publisher, desk)

    await serve_parts(
        stop,
        candidates.run,
        keys.run,
        functools.partial(member.follow_roster, observer.roster_refused),
        enrolment.run,
        transit.run,
        functools.partial(_keep_retention, desk, member),
        publisher=publisher,
        reader=reader,
        http=http,
        before_reading=restore,
    )


async def _keep_retention(desk: AlertDesk, member: Membership) -> None:
    while True:
        try:
            await desk.erase_due(instant(member.clock))
        except Transient as error:
            _log.warning("retention held back", error=type(error).__name__)
        await asyncio.sleep(_RETENTION_S)
