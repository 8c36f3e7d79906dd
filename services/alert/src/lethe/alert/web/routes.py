"""The routes of alert: API, websocket and page."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.routing import BaseRoute, Mount

from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.ports import AuditLog
from lethe.alert.audit.reasons import Reasons
from lethe.alert.drafts.desk import DraftDesk
from lethe.alert.figures import Figures
from lethe.alert.hub import AlertHub
from lethe.alert.identity.reach import Orders, Reach
from lethe.alert.identity.sign_in_codes import SignInCodes
from lethe.alert.kept_orders import OrderKeeper
from lethe.alert.looks import Looks
from lethe.alert.ports import Deployments, Enroller, StatusSource
from lethe.alert.raising import AlertDesk
from lethe.alert.receipt_copies import Kept
from lethe.alert.recording import RecordDesk
from lethe.alert.walks.desk import WalkDesk
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.copying import CopyDesk
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.alert.watchlists.withdrawing import WithdrawalDesk
from lethe.alert.web.adjudications import Adjudicate, AdjudicationEndpoints
from lethe.alert.web.alerts import AlertEndpoints
from lethe.alert.web.assets import Assets
from lethe.alert.web.asyncapi import AsyncApiEndpoints
from lethe.alert.web.audit import AuditEndpoints
from lethe.alert.web.cameras import CameraEndpoints
from lethe.alert.web.copies import CopyEndpoints
from lethe.alert.web.deployments import DeploymentEndpoints
from lethe.alert.web.doorkeeper import Doorkeeper
from lethe.alert.web.drafts import DraftEndpoints
from lethe.alert.web.entries import EntryEndpoints
from lethe.alert.web.erasures import ErasureEndpoints
from lethe.alert.web.figures import FigureEndpoints
from lethe.alert.web.gate import gate_middleware
from lethe.alert.web.handling import HandlingEndpoints
from lethe.alert.web.openapi import OpenApiEndpoints
from lethe.alert.web.pages import page_routes
from lethe.alert.web.problems import problems_middleware
from lethe.alert.web.receipt_words import ReceiptWordEndpoints
from lethe.alert.web.receipts import ReceiptEndpoints
from lethe.alert.web.records import RecordEndpoints
from lethe.alert.web.references import ReferenceEndpoints
from lethe.alert.web.rendering import EventRenderer
from lethe.alert.web.renewals import RenewalEndpoints
from lethe.alert.web.samples import SampleEndpoints
from lethe.alert.web.session import SessionEndpoints
from lethe.alert.web.stream import AlertStream
from lethe.alert.web.subjects import SubjectEndpoints
from lethe.alert.web.views import AlertViews
from lethe.alert.web.walks import WalkEndpoints
from lethe.alert.web.watchlists import Erase, WatchlistEndpoints
from lethe.alert.web.withdrawals import WithdrawalEndpoints
from lethe.alert.witnessing import WitnessState
from lethe.contracts.instants import Instant
from lethe.contracts.receipts import ErasurePromise


def create_routes(
    *,
    desk: AlertDesk,
    adjudicate: Adjudicate,
    hub: AlertHub,
    watchlists: WatchlistBook,
    erase_watchlist: Erase,
    samples: SampleDesk,
    renewals: RenewalDesk,
    enroller: Enroller,
    deployments: Deployments,
    kept: OrderKeeper,
    status: StatusSource,
    backlog: Callable[[], Awaitable[int | None]],
    receipts: Callable[[], Kept],
    figures: Callable[[str], Figures],
    now: Callable[[], Instant],
    witnesses: Callable[[], Sequence[WitnessState]],
    doorkeeper: Doorkeeper,
    codes: SignInCodes,
    orders: Orders,
    audit: AuditLog,
    consultations: Consultations,
    reasons: Reasons,
    looks: Looks,
    promise: ErasurePromise,
    walks: WalkDesk,
    drafts: DraftDesk,
) -> list[BaseRoute]:
    """Return the routes: the pages, their files below `/static`, all else below `/api/v1`.

    They need `create_middleware` around them.

    Parameters
    ----------
    adjudicate
        Records and acts on what an officer decided; see `Adjudicator.adjudicate`.
    erase_watchlist
        Erases one at once; see `WatchlistEnds.erase`.
    samples
        Of watchlists, for people to check.
    renewals
        Has watchlists enrolled with another model pack.
    kept
        Orders as they were signed, for the record.
    backlog
        Tells how many candidate lists wait to become alerts; None while that isn't known.
    receipts
        Tells which receipts there are; raises `Transient` while that isn't known.
    figures
        Tells what receipts say of a deployment's last minutes.
    now
        The clock of this machine.
    witnesses
        Tells how it stands with the witnesses of receipts.
    doorkeeper
        Tells who calls the API.
    codes
        Of browsers that are about to sign in.
    orders
        Tells which deployments there are, and where.
    audit
        Keeps who did what with personal data.
    consultations
        Keeps who is sent which alerts.
    reasons
        Seals why people ask for something, for the audit log.
    looks
        Shows what cameras see.
    promise
        What the key store says of what it erases.
    walks
        Conducts walk-throughs.
    drafts
        Keeps orders that wait to be authorised.
    """
    reach = Reach(orders)
    views = AlertViews(watchlists, orders, now, hub.deliveries)
    watchlists.when_forgotten(hub.tell_again)
    api = [
        *SessionEndpoints(doorkeeper, codes).routes(),
        *AlertEndpoints(desk, hub, watchlists, views, reach, audit).routes(),
        *HandlingEndpoints(desk, views, reach).routes(),
        *AdjudicationEndpoints(adjudicate, desk, views, now, reach).routes(),
        *AlertStream(hub, EventRenderer(views), doorkeeper, reach, consultations).routes(),
        *WatchlistEndpoints(watchlists, erase_watchlist, audit).routes(),
        *SampleEndpoints(samples, audit).routes(),
        *RenewalEndpoints(renewals).routes(),
        *CopyEndpoints(CopyDesk(watchlists, enroller, renewals.pack)).routes(),
        *SubjectEndpoints(watchlists.subjects, audit).routes(),
        *EntryEndpoints(watchlists.entries, enroller).routes(),
        *ReferenceEndpoints(watchlists, audit).routes(),
        *WithdrawalEndpoints(
            WithdrawalDesk(deployments, watchlists.subjects, audit), reach
        ).routes(),
        *RecordEndpoints(
            RecordDesk(status, kept, watchlists.versions, desk.tallies, audit, now)
        ).routes(),
        *DeploymentEndpoints(
            deployments,
            status,
            desk,
            hub,
            backlog,
            reach,
            audit,
            promise=promise,
            settle=drafts.settle,
        ).routes(),
        *ErasureEndpoints(status, erase_watchlist).routes(),
        *DraftEndpoints(drafts, deployments, audit).routes(),
        *FigureEndpoints(figures, desk.tallies, status, reach, now).routes(),
        *WalkEndpoints(walks, reach).routes(),
        *CameraEndpoints(looks, status, reach, now).routes(),
        *ReceiptEndpoints(receipts, witnesses).routes(),
        *ReceiptWordEndpoints(receipts).routes(),
        *AuditEndpoints(audit, reasons).routes(),
        *AsyncApiEndpoints().routes(),
    ]
    api += OpenApiEndpoints(api).routes()
    guards = [*problems_middleware(), gate_middleware(api, doorkeeper, reasons)]
    return [
        *page_routes(),
        Mount("/static", Assets()),
        Mount("/api/v1", routes=api, middleware=guards),
    ]
