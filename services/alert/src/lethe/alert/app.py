"""The only wiring of alert."""

import functools
import time
from dataclasses import replace

from starlette.routing import BaseRoute, Mount

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.announcing import Announcer
from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.audit.reasons import Reasons
from lethe.alert.claiming import ErasureClaims
from lethe.alert.database import Database, sqlite_url
from lethe.alert.deploying import DeploymentDesk
from lethe.alert.drafts.desk import DraftDesk
from lethe.alert.drafts.sql_drafts import SqlDraftStore
from lethe.alert.figures import ReceiptFigures
from lethe.alert.handlers import Handlers, Outbox
from lethe.alert.hub import AlertHub
from lethe.alert.identity.sign_in_codes import SignInCodes
from lethe.alert.identity.verifying import verifier_of
from lethe.alert.kept_orders import OrderKeeper
from lethe.alert.keyring import Keyring
from lethe.alert.keystores.keyrings import open_keyring
from lethe.alert.leading import Leadership
from lethe.alert.log import SqlAlertLog
from lethe.alert.looks import Looks
from lethe.alert.raising import AlertDesk
from lethe.alert.receipt_copies import ReceiptCopies
from lethe.alert.receipt_mirror import ReceiptMirror
from lethe.alert.reign import Reign
from lethe.alert.retention import RetentionScheduler
from lethe.alert.settings import AlertSettings
from lethe.alert.sql_kept_orders import SqlKeptOrderStore
from lethe.alert.term import Term, leader_of
from lethe.alert.transit import TransitKeyring
from lethe.alert.vault import Vault
from lethe.alert.walks.desk import WalkDesk
from lethe.alert.walks.rehearsals import SqlRehearsals
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.ends import SqlEndStore
from lethe.alert.watchlists.enrolling import Enrolment
from lethe.alert.watchlists.over import OverJudge
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.samples import SqlSampleStore
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.alert.watchlists.sql_shelf import sql_shelf
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.front import Front
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

_FETCH_WAIT_MS = 100
"""Grants for enrolment come once a slot: nothing here is urgent."""


async def serve(settings: AlertSettings, stop: Stop) -> None:
    """Run alert until `stop` is set."""
    member = join(Role.ALERT, **settings.membership())
    holder = member.holder(Life(budget_ms=settings.budget_ms), obeys_orders=True)
    database = await Database.open(
        settings.database_url or sqlite_url(settings.data_dir / "database" / "alerts.sqlite"),
        settings.database_password,
    )
    try:
        keyring = open_keyring(settings, member.clock, database.folder)
        await _Instance(settings, member, holder, keyring, database).serve(stop)
    finally:
        await database.close()


class _Instance:
    """The parts of an instance, wired by what they are for: whatever isn't made anew for a reign.

    Parameters
    ----------
    keyring
        Keys of what is kept, apart from the database.
    """

    def __init__(
        self,
        settings: AlertSettings,
        member: Membership,
        holder: Holder,
        keyring: Keyring,
        database: Database,
    ) -> None:
        self._settings, self._member, self._holder = settings, member, holder
        self._keyring, self._database = keyring, database
        self._now = functools.partial(instant, member.clock)
        self._publisher = Publisher(settings, self._now)
        self._outbox = Outbox(member, self._publisher)
        self._deployments = DeploymentDesk(
            member.orders,
            Suspensions(member.orders),
            member.clock,
            self._outbox.order,
            member.signer,
        )
        self._leadership = Leadership(self._begin, session_s=settings.session_timeout_ms / 1000)
        self._receipts = ReceiptMirror(ReceiptCopies(settings.receipt_copies()))
        self._witnessing = Witnessing(settings.named_witnesses(), self._receipts.kept, ask_witness)
        self._figures = ReceiptFigures()
        self._handlers = Handlers(
            member,
            self._deployments,
            self._leadership,
            self._receipts,
            self._figures,
        )
        self._dead_letters = DeadLetters(settings, self._publisher)
        self._candidates = DurableReader(
            settings,
            "alert",
            CANDIDATES_FOUND,
            self._handlers.on_candidates,
            self._dead_letters,
            self._leadership.on_change,
        )
        self._observer = KeyObserver()
        self._doorkeeper = Doorkeeper(verifier_of(settings))
        self._judge = OverJudge(self._now)
        self._codes = SignInCodes(time.monotonic)
        self._reasons = Reasons(Vault(keyring), self._now, settings.reason_days)

    async def serve(self, stop: Stop) -> None:
        """Run all of it until `stop` is set."""
        keys = self._key_traffic()
        await serve_parts(
            stop,
            self._candidates.run,
            self._leadership.run,
            RetentionScheduler(self._keyring).run,
            keys.run,
            self._receipts.run,
            self._witnessing.run,
            functools.partial(self._member.follow_roster, self._observer.roster_refused),
            publisher=self._publisher,
            reader=self._reader(keys),
            http=self._http(),
        )

    async def _begin(self) -> Reign:
        """Take a term, and make what is worked with in it."""
        member, outbox, now = self._member, self._outbox, self._now
        term = await Term.begin(self._database, self._settings.instance_id, member.clock.wall_us)
        audit = SqlAuditLog(term)
        vault, hub = Vault(self._keyring), AlertHub(term.log_id, term.number)
        log = SqlAlertLog(term)
        shelf, pack = sql_shelf(term), self._deployments.searching.pack
        book = WatchlistBook(shelf, vault, now)
        end_store = SqlEndStore(term)
        ends = WatchlistEnds(
            end_store,
            book,
            vault,
            heard=self._deployments.ordered_lists,
            now=now,
            judge=self._judge,
            kept_us=self._settings.watchlist_kept_us,
        )
        enrolment = Enrolment(self._holder, book, outbox.reference, pack)
        transit = TransitKeyring(self._keyring, term.number, self._candidates)
        desk = AlertDesk(
            log, hub, vault, now, transit.retire, cool_down_s=self._settings.cool_down_s
        )
        announcer = Announcer(log, outbox, self._deployments.withdrawn, now)
        reign = Reign(
            tenure=term,
            hub=hub,
            desk=desk,
            watchlists=book,
            ends=ends,
            samples=SampleDesk(SqlSampleStore(term), book, now),
            enrolment=enrolment,
            renewals=RenewalDesk(shelf.references, book, enrolment, pack),
            transit=transit,
            announcer=announcer,
            adjudicator=Adjudicator(desk.handling, announcer),
            claims=ErasureClaims(log, end_store, outbox.erased, now, promise=self._keyring.promise),
            now=now,
            audit=audit,
            consultations=Consultations(audit),
            looks=Looks(self._holder, audit, now),
            walks=WalkDesk(
                SqlRehearsals(term),
                desk.erase_due,
                self._deployments,
                book.subjects.volunteers,
                self._deployments.withdrawn,
                audit,
                self._figures.of,
                now,
            ),
            drafts=DraftDesk(SqlDraftStore(term), book, self._deployments),
            orders=OrderKeeper(SqlKeptOrderStore(term), self._deployments.heard_orders),
        )
        await reign.watchlists.restore()
        await reign.ends.restore()
        await reign.enrolment.resume()
        await reign.desk.restore(self._deployments.terms)
        return reign

    def _standing(self) -> Standing:
        reign = self._leadership.reign
        of_leader = reign.standing() if reign else Standing()
        false_alerts = self._deployments.budgeted(of_leader.false_alerts) if reign else {}
        return replace(of_leader, receipts=self._receipts.held(), false_alerts=false_alerts)

    def _key_traffic(self) -> KeyTraffic:
        return KeyTraffic(
            self._holder,
            self._member.signer,
            self._member.roster,
            ticket_topic=ALERT_TICKET,
            send=self._publisher.send,
            standing=self._standing,
            observer=self._observer,
        )

    def _reader(self, keys: KeyTraffic) -> Reader:
        return Reader(
            self._settings,
            self._handlers.subscriptions(keys),
            publisher=self._publisher,
            dead_letters=self._dead_letters,
            fetch_wait_ms=_FETCH_WAIT_MS,
        )

    def _routes(self, reign: Reign) -> list[BaseRoute]:
        return create_routes(
            desk=reign.desk,
            adjudicate=reign.adjudicator.adjudicate,
            hub=reign.hub,
            watchlists=reign.watchlists,
            enroller=reign.enrolment,
            deployments=reign.closing(self._deployments),
            kept=reign.orders,
            erase_watchlist=reign.ends.erase,
            samples=reign.samples,
            renewals=reign.renewals,
            status=self._deployments,
            backlog=self._candidates.backlog,
            receipts=self._receipts.kept,
            figures=self._figures.of,
            now=self._now,
            witnesses=self._witnessing.states,
            doorkeeper=self._doorkeeper,
            codes=self._codes,
            orders=self._deployments,
            audit=reign.audit,
            consultations=reign.consultations,
            reasons=self._reasons,
            looks=reign.looks,
            promise=self._keyring.promise,
            walks=reign.walks,
            drafts=reign.drafts,
        )

    def _http(self) -> HttpServer:
        settings, leadership = self._settings, self._leadership
        leader = functools.partial(leader_of, self._database)
        allowed = settings.allowed_hosts
        return HttpServer(
            settings.http_host,
            settings.http_port,
            identity=settings.identity(Role.ALERT, self._member.boot),
            # It leads all the same, and only whoever leads is asked.
            is_ready=leadership.unreadiness,
            trouble=lambda: self._publisher.trouble,
            stands_by=lambda: leadership.stands_by,
            routes=[Mount("", Front(leadership, self._routes, leader))],
            middleware=lambda port: create_middleware({*loopback_hosts(port), *allowed}),
            certificate=settings.certificate(),
        )
