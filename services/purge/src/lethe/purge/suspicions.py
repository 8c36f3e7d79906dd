"""What contradicts the promise: the grounds on which a deployment is suspended.

A crash, a rebalance or a rolling upgrade is none: what a dead process held is known to be gone,
and what it didn't report is lost, and erased.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.suspension import SuspensionGround
from lethe.purge.copies import Copy, Ending
from lethe.purge.tallies import OPENED_FRAME, OPENED_PROBE, Frame

_SILENCE_US = 2_000_000
"""Holders send a ticket every slot: so long without any, this instance or the broker was away."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A ground to suspend the deployment in whose slot it was found."""

    slot: str
    lane: str
    ground: SuspensionGround


class Attention:
    """How long somebody has been heard without a break.

    An instance that stood still, or a broker that was away, brings late what was said in time:
    nothing is held against a deployment for a time in which nobody was heard.

    Parameters
    ----------
    patience_s
        How long after its deadline a copy may be unaccounted for.
    """

    def __init__(self, now: Instant, patience_s: float) -> None:
        self._since = self._last = now
        self._patience_us = round(patience_s * 1_000_000)

    def hear(self, now: Instant) -> None:
        """Note that a ticket came."""
        if now.since_us(self._last) > _SILENCE_US:
            self._since = now
        self._last = now

    def is_overdue(self, copy: Copy, now: Instant) -> bool:
        """Tell whether a copy should have been accounted for by now."""
        if copy.ending is not Ending.OPEN or now.since_us(self._last) > _SILENCE_US:
            return False
        return min(now.since_us(copy.dies), now.since_us(self._since)) > self._patience_us


def contradiction(number: int, frame: Frame, copies: Sequence[Copy]) -> SuspensionGround | None:
    """Return what can't be true of a frame of which everything was told; None if all can.

    Only what living holders say of themselves counts against a deployment, and only of what they
    opened. An expired frame's report may come from an instance that had just lost the camera; a
    record that was refused was somebody else's, and its forger must not stop a deployment.
    """
    if frame.outcome not in OPENED_FRAME:
        return None
    if not frame.reported and _never_sealed(number, copies):
        return SuspensionGround.MORE_PROCESSED
    alive = not any(copy.ending is Ending.DEAD for copy in copies if copy.role is Role.DETECT)
    opened = {n for n, outcome in frame.decided.items() if outcome in OPENED_PROBE}
    if alive and opened - frame.probes:
        return SuspensionGround.MORE_DECIDED
    return None


def _never_sealed(number: int, copies: Sequence[Copy]) -> bool:
    """Tell whether ingest closed its copy in order and never used a number."""
    own = [c for c in copies if c.role is Role.INGEST and c.purpose is Purpose.FRAME]
    return bool(own) and all(
        copy.ending is Ending.ACKNOWLEDGED and number not in copy.destroyed for copy in own
    )
