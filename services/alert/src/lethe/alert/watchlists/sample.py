"""Dip samples: some subjects of a watchlist, drawn by chance, that people check."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from lethe.alert.watchlists.reference import Reference
from lethe.contracts.orders import DeploymentOrder


@dataclass(frozen=True, slots=True)
class Drawn:
    """That a subject was drawn.

    Attributes
    ----------
    content_hash
        What the version held then.
    drawn_by
        As their token names them.
    """

    watchlist_id: str
    content_hash: str
    subject_id: str
    drawn_by: str
    drawn_wall_us: int


@dataclass(frozen=True, slots=True)
class Check:
    """How somebody found a subject.

    Attributes
    ----------
    state
        What they looked at, see `state_of`.
    """

    watchlist_id: str
    subject_id: str
    state: str
    has_passed: bool
    checked_by: str
    checked_wall_us: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample of what a version holds now.

    Attributes
    ----------
    subjects
        How many the version has.
    drawn
        In the order in which they were.
    checks
        Those that hold, by subject: found right and not changed since, or found wrong and not
        found right since. They needn't be drawn.
    earlier
        How many samples were drawn of what the version held before.
    """

    watchlist_id: str
    content_hash: str
    subjects: int
    drawn: Sequence[Drawn]
    checks: Mapping[str, Check]
    earlier: int

    @property
    def passed(self) -> int:
        """How many of those that were drawn were found right."""
        found = [self.checks[each.subject_id] for each in self.drawn if self._is_checked(each)]
        return sum(check.has_passed for check in found)

    @property
    def unchecked(self) -> int:
        """How many of those that were drawn nobody has checked."""
        return sum(not self._is_checked(each) for each in self.drawn)

    @property
    def failed(self) -> int:
        """How many subjects were found wrong and not right since, drawn or not."""
        return sum(not check.has_passed for check in self.checks.values())

    def _is_checked(self, drawn: Drawn) -> bool:
        return drawn.subject_id in self.checks


class SampleStore(Protocol):
    """Where samples are kept. Every writing method returns after its commit."""

    async def drawn(self, watchlist_id: str) -> Sequence[Drawn]:
        """Return all that was ever drawn of a version, in the order in which it was."""
        ...

    async def draw(self, drawn: Sequence[Drawn]) -> None:
        """Keep what was drawn."""
        ...

    async def checks(self, watchlist_id: str) -> Sequence[Check]:
        """Return all checks of a version, in the order in which they were made."""
        ...

    async def check(self, check: Check) -> None:
        """Keep a check."""
        ...


def state_of(revision: int, references: Sequence[Reference]) -> str:
    """Return what stands for a subject as it is: SHA-256 (hex) over its revision and images."""
    images = "".join(sorted(each.image_sha256 + each.state.value for each in references))
    return sha256(f"lethe subject v1\0{revision}\0{images}".encode()).hexdigest()


def least_of(order: DeploymentOrder) -> int:
    """Return how many subjects have to be checked before an order: all, at most."""
    share = math.ceil((order.sample_share or 0) * order.watchlist_size)
    return min(order.watchlist_size, max(order.sample_least or 0, share))
