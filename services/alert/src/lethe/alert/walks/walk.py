"""What a walk-through is, and what a camera lacks to have passed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from lethe.alert.alerts import Alert
from lethe.alert.ports import CameraStatus

ARRIVES_WITHIN_MS = 2_000
"""From the capture to the stream. A limit for one pass, and no measure of the system."""

OLDEST_MS = 1_000
"""No frame gets older than that."""

_LIVE = "live"


class Lack(StrEnum):
    """What a camera lacks, in the order in which people see to it."""

    NO_PICTURES = "no-pictures"
    NOT_FRAMED = "not-framed"
    NO_ALERT = "no-alert"
    LATE = "late"
    NOT_SHOWN = "not-shown"
    NOT_ERASED = "not-erased"


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk-through that was begun.

    Attributes
    ----------
    begun_us
        UTC in microseconds since 1970.
    by
        Who began it.
    framed
        Who found right what a camera sees, by camera.
    erased_us
        When what is kept of volunteers was erased last; None before.
    results
        What each camera lacked when it was concluded, and None of one that had passed; empty
        until then.
    """

    begun_us: int
    by: str
    framed: Mapping[str, str] = field(default_factory=dict)
    erased_us: int | None = None
    results: Mapping[str, Lack | None] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether it is concluded."""
        return bool(self.results)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """An alert about a volunteer, and whether there is a receipt of its erasure."""

    alert: Alert
    is_receipted: bool

    def was_told_by(self, wall_us: int) -> bool:
        """Tell whether officers had it at a time: what came before may still be on its way then."""
        published = self.alert.published
        return published is not None and published.wall_us <= wall_us


@dataclass(frozen=True, slots=True)
class Passage:
    """How far a camera has come.

    Attributes
    ----------
    alert
        The one that has come furthest, of those that weren't found to be about somebody else.
    within_ms
        From the capture to the stream: what is later isn't in time.
    """

    camera: CameraStatus
    framed_by: str | None
    alert: Alert | None
    within_ms: float

    @property
    def has_pictures(self) -> bool:
        """Whether pictures come, or came: an alert is made of them."""
        return self.camera.state == _LIVE or self.alert is not None

    @property
    def shown_to(self) -> str | None:
        """The engagement officer who has taken the alert: a phone showed it."""
        if self.alert is None:
            return None
        decided = self.alert.judgements.engagement_officer
        if decided is not None:
            return decided.officer
        return self.alert.claim.officer if self.alert.claim else None

    @property
    def is_in_time(self) -> bool:
        """Whether the alert came soon enough."""
        took_ms = None if self.alert is None else self.alert.latency_ms()
        return took_ms is not None and took_ms <= self.within_ms

    @property
    def lack(self) -> Lack | None:
        """What it lacks first, but for the deletion."""
        steps = (
            (self.has_pictures, Lack.NO_PICTURES),
            (self.framed_by is not None, Lack.NOT_FRAMED),
            (self.alert is not None, Lack.NO_ALERT),
            (self.is_in_time, Lack.LATE),
            (self.shown_to is not None, Lack.NOT_SHOWN),
        )
        return next((lack for is_done, lack in steps if not is_done), None)


@dataclass(frozen=True, slots=True)
class Deletion:
    """What became of all that a walk-through took.

    Attributes
    ----------
    alerts, erased, receipted
        Rehearsals since it began that were told of before their erasure; of these, erased; of
        these, with a receipt.
    as_of_ms
        When the latest receipt of frames was made; None where there is none.
    oldest_ms
        How old the oldest frame of the last minutes became; None where there was none.
    is_confirmed
        Whether nothing is left, as far as anybody can tell.
    """

    alerts: int
    erased: int
    receipted: int
    as_of_ms: int | None
    oldest_ms: int | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How a walk-through of a deployment stands.

    Attributes
    ----------
    status
        Of the deployment.
    volunteers
        How many are searched for.
    walk
        None before the first.
    within_ms
        See `Passage`.
    """

    deployment_id: str
    status: str
    volunteers: int
    walk: Walk | None
    passages: Sequence[Passage]
    deletion: Deletion
    within_ms: float

    def lacks(self) -> dict[str, Lack | None]:
        """Return by camera what it lacks, or lacked when this was concluded; None if it passed."""
        if self.walk is not None and self.walk.is_over:
            results = self.walk.results
            return {(name := each.camera.camera_id): results.get(name) for each in self.passages}
        last = None if self.deletion.is_confirmed else Lack.NOT_ERASED
        return {each.camera.camera_id: each.lack or last for each in self.passages}


class Rehearsals(Protocol):
    """Alerts about volunteers, in the log."""

    async def since(self, deployment_id: str, wall_us: int) -> list[Rehearsed]:
        """Return those of a deployment that were captured since then, in rising sequence."""
        ...

    async def end(self, deployment_id: str, wall_us: int) -> None:
        """Let the retention of those of a deployment that aren't erased end then."""
        ...
