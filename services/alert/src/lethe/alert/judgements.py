"""What people do about an alert: see it, go, and decide."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from lethe.contracts.adjudication import Capacity, Outcome, Verdict
from lethe.contracts.instants import Instant


class AlertState(StrEnum):
    """How far an alert has come."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "claimed"
    ADJUDICATED = "adjudicated"


@dataclass(frozen=True, slots=True)
class Mark:
    """Who did something about an alert, and when."""

    officer: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What somebody decided about an alert. It is added to the log, never changed.

    Attributes
    ----------
    confirmed
        Whether the person was engaged and the verdict stands on that.
    officer
        Who decided.
    capacity
        As what: the same person may be an operator today and an engagement officer tomorrow.
    number
        Its place among all adjudications, rising; 0 before it is added.
    """

    verdict: Verdict
    confirmed: bool
    outcome: Outcome | None
    officer: str
    adjudicated: Instant
    capacity: Capacity
    number: int = 0

    def says_the_same_as(self, other: Self | None) -> bool:
        """Tell whether it is the same decision of the same officer, whenever it was told."""
        return other is not None and self == replace(
            other, adjudicated=self.adjudicated, number=self.number
        )


@dataclass(frozen=True, slots=True)
class Judgements:
    """The latest adjudication in each capacity. An engagement officer's is final."""

    operator: Adjudication | None = None
    engagement_officer: Adjudication | None = None

    def made_as(self, capacity: Capacity) -> Adjudication | None:
        """Return the one made in a capacity."""
        if capacity is Capacity.OPERATOR:
            return self.operator
        return self.engagement_officer


NO_JUDGEMENTS = Judgements()
