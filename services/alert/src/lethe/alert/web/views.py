"""Alerts as officers see them: what REST answers, and what the stream carries."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel

from lethe.alert.alerts import Alert
from lethe.alert.deliveries import Deliveries
from lethe.alert.identity.reach import Orders, is_within
from lethe.alert.judgements import Adjudication, AlertState, Mark
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.subject import NO_FLAGS, Flags, SubjectDetails
from lethe.contracts.adjudication import Outcome, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.orders import OrderType


class MarkView(BaseModel):
    """Who did something about an alert, and when."""

    officer: str
    at: str


class AdjudicationView(BaseModel):
    """What somebody decided about an alert."""

    verdict: Verdict
    confirmed: bool
    outcome: Outcome | None
    officer: str
    adjudicated_at: str


class JudgementsView(BaseModel):
    """The latest decision in each capacity."""

    operator: AdjudicationView | None
    engagement_officer: AdjudicationView | None


class CandidateView(BaseModel):
    """Somebody else of the watchlist whose score reaches the threshold."""

    subject_id: str
    subject: str
    score: float
    cosine: float
    withdrawn: bool = False


class SightingView(BaseModel):
    """When and by which camera the subject of an alert was seen."""

    at: str
    camera_id: str


class AlertedSubject(BaseModel):
    """What an officer needs of a subject: who, why, what to do, and what to beware of.

    Not how the force keeps them: neither reference number nor origin of the images.
    """

    name: str
    category: str
    grounds: str
    instructions: str
    conditions: str
    warning_markers: tuple[str, ...]
    is_child: bool
    is_vulnerable: bool

    @classmethod
    def of(cls, details: SubjectDetails) -> Self:
        """Return it of a subject's details."""
        return cls.model_validate(details, from_attributes=True)


class AlertView(BaseModel):
    """An alert as it is. No picture: those have addresses of their own.

    Attributes
    ----------
    area, zone
        Of its deployment, as the order names them: who sees it, and where that is, in words.
    score, threshold
        How alike two faces are and from where on the order wants an alert. No certainty.
    captured_at, published_at, last_sighting_at
        RFC 3339, UTC.
    kept_sightings
        Where the order has them kept: the latest hundred, in the order in which they were seen, all
        in its zone. Null where it doesn't, and once it is erased, or false.
    heading
        Where the person was going when last seen, in the camera's picture; null when that isn't
        known.
    subject_id, subject, score, cosine, candidates
        Empty, the scores null, once it is erased, or false: nobody is told any more whom it was
        about, nor how much somebody resembled them.
    references
        How many images of its subject there are to judge by; 0 once it is erased, or false.
    withdrawn
        Whether its subject was withdrawn from the deployment since: nobody is searched for under
        that name any more. False once it is erased, or false.
    is_child, is_vulnerable, warning_markers
        What to beware of with its subject, see `AlertedSubject`; nothing once it is erased, or
        false, or its watchlist is.
    rehearsal
        It is about a volunteer: nobody is to be stopped for it, and it counts as no alert.
    delivered
        Whether a console of its deployment said that it has received it, since this instance leads.
        Null on the stream, which tells what happens to an alert and not where it arrives.
    version
        Rises with what people do about it: the ETag of answers.
    adjudication
        The judgement that counts.
    """

    alert_id: str
    sequence: int
    deployment_id: str
    order_type: OrderType
    area: str | None
    zone: str | None = None
    camera_id: str
    subject_id: str
    subject: str
    withdrawn: bool = False
    score: float | None
    cosine: float | None
    threshold: float
    captured_at: str
    published_at: str | None
    latency_ms: float | None
    sightings: int
    last_sighting_at: str
    kept_sightings: list[SightingView] | None = None
    heading: Heading | None = None
    references: int = 1
    erased: bool
    state: AlertState
    version: int
    acknowledged: MarkView | None
    claim: MarkView | None
    adjudication: AdjudicationView | None
    judgements: JudgementsView
    candidates: list[CandidateView]
    rehearsal: bool = False
    is_child: bool = False
    is_vulnerable: bool = False
    warning_markers: tuple[str, ...] = ()
    delivered: bool | None = None


class AlertViews:
    """Makes views of alerts.

    Parameters
    ----------
    orders
        Know the areas of deployments, and who is withdrawn.
    now
        The clock of this machine: whose retention ended is erased, whatever was heard of it.
    deliveries
        Know what consoles have received.
    """

    def __init__(
        self,
        watchlists: WatchlistBook,
        orders: Orders,
        now: Callable[[], Instant],
        deliveries: Deliveries,
    ) -> None:
        self._watchlists = watchlists
        self._orders = orders
        self._now = now
        self._deliveries = deliveries

    def when_names_go(self, clear: Callable[[], None]) -> None:
        """Have what was made of views cleared when they stop naming somebody."""
        self._watchlists.when_forgotten(lambda _: clear())

    def current(self, alert: Alert) -> Alert:
        """Return an alert as it is now."""
        return alert.as_of(self._now().wall_us)

    def withdrawn(self, alert: Alert) -> frozenset[str]:
        """Return who is withdrawn, of those whom an alert names."""
        told = [alert.subject_id, *(other.subject_id for other in alert.candidates)]
        return frozenset(told).intersection(self._orders.withdrawn(alert.deployment_id))

    def answered(self, alert: Alert) -> dict[str, object]:
        """Return an alert as it is answered with: the view, and whether a console has it."""
        area = self._orders.area
        deployment_id = alert.deployment_id
        delivered = self._deliveries.has(
            deployment_id, alert.sequence, lambda scope: is_within(scope, deployment_id, area)
        )
        return self.of(alert).model_dump(mode="json") | {"delivered": delivered}

    def of(self, alert: Alert) -> AlertView:
        """Return an alert as officers see it."""
        alert = self.current(alert)
        withdrawn = self.withdrawn(alert)
        flags = NO_FLAGS if alert.is_closed else self._flags(alert)
        return AlertView(
            alert_id=alert.alert_id,
            sequence=alert.sequence,
            deployment_id=alert.deployment_id,
            order_type=alert.order_type,
            area=self._orders.area(alert.deployment_id),
            zone=self._orders.zone(alert.deployment_id),
            camera_id=alert.camera_id,
            subject_id="" if alert.is_closed else alert.subject_id,
            subject="" if alert.is_closed else self._name(alert, alert.subject_id),
            withdrawn=not alert.is_closed and alert.subject_id in withdrawn,
            score=None if alert.is_closed else alert.score,
            cosine=None if alert.is_closed else alert.cosine,
            threshold=alert.threshold,
            captured_at=alert.captured.isoformat(),
            published_at=alert.published and alert.published.isoformat(),
            latency_ms=alert.latency_ms(),
            sightings=alert.sightings,
            last_sighting_at=utc(alert.last_sighting_wall_us / 1e6),
            kept_sightings=None if alert.is_closed else _sightings(alert),
            heading=None if alert.is_closed else alert.heading,
            references=0 if alert.is_closed else len(alert.reference_ids),
            erased=alert.erased,
            state=alert.state,
            version=alert.version,
            acknowledged=_mark(alert.acknowledged),
            claim=_mark(alert.claim),
            adjudication=_adjudication(alert.adjudication),
            judgements=JudgementsView(
                operator=_adjudication(alert.judgements.operator),
                engagement_officer=_adjudication(alert.judgements.engagement_officer),
            ),
            candidates=[] if alert.is_closed else self._candidates(alert, withdrawn),
            rehearsal=alert.is_rehearsal,
            is_child=flags.is_child,
            is_vulnerable=flags.is_vulnerable,
            warning_markers=flags.warning_markers,
        )

    def _candidates(self, alert: Alert, withdrawn: frozenset[str]) -> list[CandidateView]:
        return [
            CandidateView(
                subject_id=other.subject_id,
                subject=self._name(alert, other.subject_id),
                score=other.score,
                cosine=other.cosine,
                withdrawn=other.subject_id in withdrawn,
            )
            for other in alert.candidates
        ]

    def _flags(self, alert: Alert) -> Flags:
        return self._watchlists.flags_of(alert.watchlist_id, alert.subject_id)

    def _name(self, alert: Alert, subject_id: str) -> str:
        return self._watchlists.name_of(alert.watchlist_id, subject_id)


def utc(wall_s: float) -> str:
    """Return a time (seconds since 1970) in RFC 3339."""
    moment = datetime.fromtimestamp(wall_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sightings(alert: Alert) -> list[SightingView] | None:
    if alert.kept_sightings is None:
        return None
    return [
        SightingView(at=utc(wall_us / 1e6), camera_id=alert.camera_id)
        for wall_us in alert.kept_sightings
    ]


def _mark(mark: Mark | None) -> MarkView | None:
    return None if mark is None else MarkView(officer=mark.officer, at=mark.at.isoformat())


def _adjudication(adjudication: Adjudication | None) -> AdjudicationView | None:
    if adjudication is None:
        return None
    return AdjudicationView(
        verdict=adjudication.verdict,
        confirmed=adjudication.confirmed,
        outcome=adjudication.outcome,
        officer=adjudication.officer,
        adjudicated_at=adjudication.adjudicated.isoformat(),
    )
