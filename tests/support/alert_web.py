"""The alert service's web side on a real SQLite database, in this process."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from tests.support.alert_desk import ManualClock
from tests.support.alert_ports import FakeDeployments, FakeEnroller, FakeStatus
from tests.support.clocks import FakeClock
from tests.support.databases import a_term, new_database
from tests.support.forgetting import FakeSwitch
from tests.support.keyrings import keyring_in
from tests.support.tokens import Issuer, bearer

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.alerts import AlertTerms
from lethe.alert.announcing import Announcer
from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.audit.reasons import Reasons
from lethe.alert.database import Database
from lethe.alert.drafts.desk import DraftDesk
from lethe.alert.drafts.sql_drafts import SqlDraftStore
from lethe.alert.figures import ReceiptFigures
from lethe.alert.hub import AlertHub
from lethe.alert.identity.sign_in_codes import SignInCodes
from lethe.alert.kept_orders import KeptOrder, OrderKeeper
from lethe.alert.log import SqlAlertLog
from lethe.alert.looks import Looks
from lethe.alert.ports import Enroller, SignedState
from lethe.alert.raising import AlertDesk
from lethe.alert.receipt_copies import Kept
from lethe.alert.sql_kept_orders import SqlKeptOrderStore
from lethe.alert.vault import Vault
from lethe.alert.walks.desk import WalkDesk
from lethe.alert.walks.rehearsals import SqlRehearsals
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.end import OrderedList
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.ends import SqlEndStore
from lethe.alert.watchlists.over import OverJudge
from lethe.alert.watchlists.reference import ReferenceState
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.samples import SqlSampleStore
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.alert.watchlists.sql_shelf import sql_shelf
from lethe.alert.web import create_middleware, create_routes, loopback_hosts
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.views import AlertViews
from lethe.alert.witnessing import WitnessState
from lethe.cli.stack.ports import free_ports
from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role as KeyRole
from lethe.contracts.receipts import ErasurePromise
from lethe.contracts.sealed import SignedEnvelope
from lethe.runtime.websockets import FramedWebSocket
from lethe.shredding.holder import Holder

PORT = 4711
BASE = f"http://127.0.0.1:{PORT}"


class Recorder(Enroller, Protocol):
    """An enroller that remembers what it was given."""

    submitted: list[str]


_NOTHING = SignedEnvelope(signer="officer", payload=b"", signature=bytes(64))


@dataclass
class AlertWeb:
    """One alert service; `restart` replaces what lives in its process only."""

    database: Database
    vault: Vault
    now: Callable[[], Instant]
    kept: int
    clock: ManualClock = field(default_factory=ManualClock)
    enroller: Recorder = field(default_factory=FakeEnroller)
    deployments: FakeDeployments = field(default_factory=FakeDeployments)
    status: FakeStatus = field(default_factory=FakeStatus)
    waiting: int | None = 0
    receipts: Kept = field(default_factory=Kept)
    figures: ReceiptFigures = field(default_factory=ReceiptFigures)
    retired: set[str] = field(default_factory=set)
    witnesses: list[WitnessState] = field(default_factory=list)
    issuer: Issuer = field(default_factory=Issuer)
    codes: SignInCodes = field(default_factory=lambda: SignInCodes(time.monotonic))
    hub: AlertHub = field(init=False)
    desk: AlertDesk = field(init=False)
    adjudicator: Adjudicator = field(init=False)
    audit: SqlAuditLog = field(init=False)
    consultations: Consultations = field(init=False)
    watchlists: WatchlistBook = field(init=False)
    ordered: list[OrderedList] = field(default_factory=list)
    ends: WatchlistEnds = field(init=False)
    samples: SampleDesk = field(init=False)
    pack: str | None = None
    tried_again: list[str] = field(default_factory=list)
    renewals: RenewalDesk = field(init=False)
    holder: Holder = field(
        default_factory=lambda: Holder(
            "alert-1", KeyRole.ALERT, "run", clock=FakeClock(), switch=FakeSwitch()
        )
    )
    looks: Looks = field(init=False)
    walks: WalkDesk = field(init=False)
    drafts: DraftDesk = field(init=False)
    heard: list[KeptOrder] = field(default_factory=list)
    orders: OrderKeeper = field(init=False)

    async def restart(self, cool_down_s: float = 0) -> None:
        term = await a_term(self.database)
        self.hub = AlertHub(term.log_id, term.number, self.kept)
        self.audit = SqlAuditLog(term)
        self.consultations = Consultations(self.audit)
        self.looks = Looks(self.holder, self.audit, self.now)
        log = SqlAlertLog(term)
        self.desk = AlertDesk(
            log, self.hub, self.vault, self.now, self._retire, cool_down_s=cool_down_s
        )
        nobody: Any = None
        announcer = Announcer(log, nobody, self.status.withdrawn, self.now)
        self.adjudicator = Adjudicator(self.desk.handling, announcer)
        await self.desk.restore(lambda _: AlertTerms())
        shelf = sql_shelf(term)
        self.watchlists = WatchlistBook(shelf, self.vault, self.now)
        await self.watchlists.restore()
        self.walks = WalkDesk(
            SqlRehearsals(term),
            self.desk.erase_due,
            self.status,
            self.watchlists.subjects.volunteers,
            self.status.withdrawn,
            self.audit,
            self.figures.of,
            self.now,
            # However busy this machine is.
            arrives_within_ms=60_000,
        )
        self.samples = SampleDesk(SqlSampleStore(term), self.watchlists, self.now)
        self.orders = OrderKeeper(SqlKeptOrderStore(term), lambda: self.heard)
        self.drafts = DraftDesk(SqlDraftStore(term), self.watchlists, self.status)
        self.renewals = RenewalDesk(shelf.references, self.watchlists, self, lambda: self.pack)
        self.ends = WatchlistEnds(
            SqlEndStore(term),
            self.watchlists,
            self.vault,
            heard=lambda: self.ordered,
            now=self.now,
            judge=OverJudge(self.now),
            kept_us=24 * 3_600_000_000,
        )

    def withdraw(self, *subjects: str) -> None:
        """Let subjects of the deployment be withdrawn."""
        [stands] = self.status.now.deployments
        state = SignedState(stands, _NOTHING, _NOTHING, 2, subjects)
        self.status.orders[stands.deployment_id] = state
        self.hub.tell_withdrawn(stands.deployment_id, subjects)

    async def _retire(self, key_ids: Iterable[str]) -> None:
        self.retired.update(key_ids)

    def submit(self, reference_id: str) -> None:
        self.enroller.submit(reference_id)

    async def submit_again(self, watchlist_id: str, held: int = 0) -> None:
        assert held >= 0
        for each in await self.watchlists.references(watchlist_id):
            if each.state is ReferenceState.ENROLLED and each.pack != self.pack:
                self.enroller.submit(each.reference_id)

    def try_again(self, watchlist_id: str) -> None:
        self.tried_again.append(watchlist_id)

    def reasons(self) -> Reasons:
        return Reasons(self.vault, self.now, days=365)

    async def backlog(self) -> int | None:
        return self.waiting

    def routes(self) -> list[BaseRoute]:
        return create_routes(
            desk=self.desk,
            adjudicate=self.adjudicator.adjudicate,
            hub=self.hub,
            watchlists=self.watchlists,
            erase_watchlist=self.ends.erase,
            samples=self.samples,
            renewals=self.renewals,
            enroller=self.enroller,
            deployments=self.deployments,
            kept=self.orders,
            status=self.status,
            backlog=self.backlog,
            receipts=lambda: self.receipts,
            figures=self.figures.of,
            now=self.now,
            witnesses=lambda: self.witnesses,
            doorkeeper=Doorkeeper(self.issuer.verifier()),
            codes=self.codes,
            orders=self.status,
            audit=self.audit,
            consultations=self.consultations,
            reasons=self.reasons(),
            looks=self.looks,
            promise=ErasurePromise.MEMORY,
            walks=self.walks,
            drafts=self.drafts,
        )

    def views(self) -> AlertViews:
        return AlertViews(self.watchlists, self.status, self.now, self.hub.deliveries)

    def app(self, port: int = PORT) -> Starlette:
        return Starlette(routes=self.routes(), middleware=create_middleware(loopback_hosts(port)))

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """Return a client with a token, or with one that may do everything."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app()),
            base_url=BASE,
            headers=bearer(self.issuer.token() if token is None else token),
        )

    def page_address(self, port: int, token: str | None = None) -> str:
        """Return the page's address with a code that signs a browser in."""
        code = self.codes.issue(token or self.issuer.token())
        return f"http://127.0.0.1:{port}/#sign-in={code}"


@contextlib.asynccontextmanager
async def alert_web(
    folder: Path, *, kept: int = 20_000, now: Callable[[], Instant] | None = None
) -> AsyncIterator[AlertWeb]:
    database = await new_database(folder)
    try:
        clock = ManualClock()
        vault = Vault(keyring_in(folder / "keys", clock))
        web = AlertWeb(database, vault, now or clock, kept, clock)
        await web.restart()
        yield web
    finally:
        await database.close()


def free_port() -> int:
    return free_ports(1)[0]


@contextlib.asynccontextmanager
async def served(app: Starlette, port: int) -> AsyncIterator[None]:
    """Serve on the loopback address; at the end every connection is cut."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        lifespan="off",
        ws=FramedWebSocket,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    bound = config.bind_socket()
    serving = asyncio.create_task(server._serve([bound]))
    try:
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
            assert not serving.done(), "the server ended at its start"
        yield
    finally:
        server.should_exit = True
        await serving
        bound.close()
