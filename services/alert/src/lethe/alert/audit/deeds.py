"""What is done with personal data, and who does it: what the audit log keeps of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from lethe.alert.audit.reasons import Reason

MOST_RECORDS = 50
"""References in one entry; whoever has more tells them in several."""

LONGEST_TEXT = 200


class Act(StrEnum):
    """What section 62 of the UK Data Protection Act 2018 wants to be logged."""

    COLLECTION = "collection"
    ALTERATION = "alteration"
    CONSULTATION = "consultation"
    DISCLOSURE = "disclosure"
    COMBINATION = "combination"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something.

    Attributes
    ----------
    name
        The subject of their token, or the instance of a service.
    roles
        Those of their token; a service's is `service`.
    reason
        Why, in their own words, sealed; None where they gave none.
    """

    name: str
    roles: tuple[str, ...]
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done with personal data.

    Attributes
    ----------
    records
        On what, as `kind:name`: references, never a name of a person and nothing biometric.
    why
        What it is done for.
    actor
        Who does it; None stands for whoever acts now, see `acting_as`.
    """

    act: Act
    records: tuple[str, ...]
    why: str
    actor: Actor | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.records) <= MOST_RECORDS:
            raise ValueError(f"a deed is on 1 to {MOST_RECORDS} records")


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Let somebody be who does what is done meanwhile, by this task and those it starts."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def who_acts(instance_id: str) -> Actor:
    """Return who acts now; where nobody asked for it, it is this instance."""
    return _acting.get() or Actor(instance_id, ("service",))


def in_lots(records: list[str], *, beside: int = 0) -> Iterator[tuple[str, ...]]:
    """Give records in lots that fit one deed each, with some others beside them."""
    most = MOST_RECORDS - beside
    for start in range(0, len(records), most):
        yield tuple(records[start : start + most])
