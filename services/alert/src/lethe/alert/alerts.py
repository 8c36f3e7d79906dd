"""What an alert is."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from lethe.alert.judgements import NO_JUDGEMENTS, Adjudication, AlertState, Judgements, Mark
from lethe.contracts.adjudication import AlertAdjudicated, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.live import AlertRaised, Candidate
from lethe.contracts.orders import OrderType
from lethe.contracts.receipts import ErasureGround
from lethe.contracts.volunteers import is_volunteer


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """What the deployment order says about its alerts.

    Attributes
    ----------
    retention_hours
        How long after its capture an alert's picture is kept.
    withdrawn
        Subjects nobody is alerted to any more.
    keeps_sightings
        Whether every sighting of an alert is kept, not the latest only.
    """

    order_type: OrderType = OrderType.LOCAL
    retention_hours: int = 24
    withdrawn: frozenset[str] = frozenset()
    keeps_sightings: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """One subject on one camera, as the alert log holds it. No picture, no name.

    Attributes
    ----------
    sequence
        Its place in the alert log, rising; 0 before it is appended.
    subject_id, reference_id, score, cosine
        The best candidate; `candidates` holds the others, best first.
    further_references
        Other images of the subject that the probe was compared with, the closest first.
    published
        When it was handed to the officers' stream; None between commit and that.
    sightings
        How many searches led to it, this alert's own included.
    last_sighting_wall_us
        When the latest of them was captured, UTC in microseconds since 1970.
    heading
        Where the person was going when last seen, as far as a camera could tell; None once it is
        erased.
    kept_sightings
        When the latest hundred were captured, in that order, each on the alert's camera; None where
        the order doesn't have them kept, and once it is erased.
    erase_at_wall_us
        When its retention ends.
    erased_wall_us
        When that was done or found; None as long as its picture may be opened.
    version
        How many times people did something about it: what they saw when they decided.
    acknowledged
        Who saw it first.
    claim
        Who is going, if anybody.
    judgements
        What operators and engagement officers decided.
    """

    sequence: int
    alert_id: str
    deployment_id: str
    order_type: OrderType
    camera_id: str
    watchlist_id: str
    subject_id: str
    reference_id: str
    score: float
    cosine: float
    threshold: float
    captured: Instant
    decided: Instant
    published: Instant | None
    candidates: tuple[Candidate, ...]
    sightings: int
    last_sighting_wall_us: int
    erase_at_wall_us: int
    erased_wall_us: int | None = None
    heading: Heading | None = None
    further_references: tuple[str, ...] = ()
    version: int = 0
    acknowledged: Mark | None = None
    claim: Mark | None = None
    judgements: Judgements = NO_JUDGEMENTS
    kept_sightings: tuple[int, ...] | None = None

    @property
    def adjudication(self) -> Adjudication | None:
        """The judgement that counts: an operator's doesn't while somebody is going."""
        if self.judgements.engagement_officer is not None or self.claim is not None:
            return self.judgements.engagement_officer
        return self.judgements.operator

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide about it still."""
        return not self.erased and self.adjudication is None

    @property
    def is_false(self) -> bool:
        """Whether it was adjudicated as a false alert: then it is closed, and erased."""
        return self.adjudication is not None and self.adjudication.verdict is Verdict.FALSE_ALERT

    @property
    def is_rehearsal(self) -> bool:
        """Whether it is about a volunteer, and nobody else: nobody is to be stopped for it."""
        return is_volunteer(self.subject_id)

    @property
    def erased(self) -> bool:
        """Whether its picture can't be opened any more."""
        return self.erased_wall_us is not None

    def as_of(self, wall_us: int) -> Self:
        """Return it as it is at a time: when its retention ended it is erased, whoever is late."""
        if self.erased or wall_us < self.erase_at_wall_us:
            return self
        return self.erased_at(wall_us)

    def erased_at(self, wall_us: int) -> Self:
        """Return it as erased: nothing is left of where its subject was going, and was seen."""
        return replace(self, erased_wall_us=wall_us, heading=None, kept_sightings=None)

    @property
    def erasure_ground(self) -> ErasureGround | None:
        """Why it is erased; None as long as it isn't. What is decided later changes nothing.

        A rehearsal is kept until it was decided about, at most: its retention ends with that.
        """
        if self.erased_wall_us is None:
            return None
        if self._was_false_by(self.erased_wall_us):
            return ErasureGround.RETENTION if self.is_rehearsal else ErasureGround.FALSE_ALERT
        is_early = self.erased_wall_us < self.erase_at_wall_us
        return ErasureGround.KEY_GONE if is_early else ErasureGround.RETENTION

    def _was_false_by(self, wall_us: int) -> bool:
        made = self.adjudication
        is_later = made is None or made.adjudicated.wall_us > wall_us
        return self.is_false and not is_later

    @property
    def is_closed(self) -> bool:
        """Whether nobody is shown any more whom it was about: erased, or about to be."""
        return self.erased or self.is_false

    def is_about(self, subject_ids: Collection[str]) -> bool:
        """Tell whether one of these is who it is about, or resembles them."""
        others = (candidate.subject_id for candidate in self.candidates)
        return any(each in subject_ids for each in (self.subject_id, *others))

    @property
    def reference_ids(self) -> tuple[str, ...]:
        """The images of its subject to be judged by, the one that the probe resembled first."""
        return (self.reference_id, *self.further_references)

    @property
    def state(self) -> AlertState:
        """How far it has come."""
        if self.adjudication is not None:
            return AlertState.ADJUDICATED
        if self.claim is not None:
            return AlertState.CLAIMED
        return AlertState.RAISED if self.acknowledged is None else AlertState.ACKNOWLEDGED

    def latency_ms(self) -> float | None:
        """Return the milliseconds from capture to publication."""
        return None if self.published is None else self.published.since_ms(self.captured)

    def raised(self) -> AlertRaised:
        """Return the event that tells purge and systems outside.

        Raises
        ------
        ValueError
            If the alert isn't published.
        """
        if self.published is None:
            raise ValueError("an alert is announced after its publication")
        return AlertRaised(
            alert_id=self.alert_id,
            sequence=self.sequence,
            camera_id=self.camera_id,
            deployment_id=self.deployment_id,
            subject_id=self.subject_id,
            score=self.score,
            cosine=self.cosine,
            captured=self.captured,
            published=self.published,
            rehearsal=self.is_rehearsal,
        )

    def told_as_adjudicated(self, adjudication: Adjudication) -> AlertAdjudicated:
        """Return the event that tells purge and systems outside of one of its adjudications."""
        return AlertAdjudicated(
            alert_id=self.alert_id,
            number=adjudication.number,
            camera_id=self.camera_id,
            deployment_id=self.deployment_id,
            verdict=adjudication.verdict,
            confirmed=adjudication.confirmed,
            outcome=adjudication.outcome,
            adjudicated=adjudication.adjudicated,
            capacity=adjudication.capacity,
            rehearsal=self.is_rehearsal,
        )
