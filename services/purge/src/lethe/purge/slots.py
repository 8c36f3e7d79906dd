"""The ledger of slots: each is open from its grants until all that became of it is known."""

from dataclasses import dataclass, field

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted
from lethe.purge.copies import Copy, CopyLedger, Ending
from lethe.purge.frames import FrameLedger
from lethe.purge.suspicions import Attention
from lethe.purge.tallies import SlotTally
from lethe.receipts.entries import ENROLMENT

_REPORTS_US = 4_000_000
"""How long after its deadline reports of a slot may still be under way."""

_SILENT_US = 20_000_000
"""How long after its deadline a slot waits for cameras of which nothing was heard yet.

One that yielded no frame tells nothing at all; the reports of another may be late.
"""

_OPEN_US = 45_000_000
"""A slot whose copies aren't known to be gone so long after its deadline is closed as it is.

A holder that crashed tells of its copies with the first ticket of its next process, and a log of
receipts may go on for a minute before it closes a slot.
"""

_MOST_CLOSED = 10_000
"""Closed slots are kept for whoever takes them, but not for ever."""


@dataclass(frozen=True, slots=True)
class ClosedSlot:
    """How the keys of a slot under one order ended.

    Attributes
    ----------
    endings
        Copies by how they ended.
    """

    slot: str
    deployment_id: str
    endings: dict[Ending, int]
    tally: SlotTally


@dataclass(slots=True)
class _OpenSlot:
    deadline: Instant
    is_overdue: bool = False
    # The ledger's own lists, which grow with every grant: it forgets them before this does.
    copies: dict[str, list[Copy]] = field(default_factory=dict)

    def is_gone(self) -> bool:
        return not any(c.ending is Ending.OPEN for each in self.copies.values() for c in each)


class SlotBook:
    """Built from grants and what the ledgers know, so a standby's equals the leader's."""

    def __init__(self, copies: CopyLedger, frames: FrameLedger, budget_ms: int) -> None:
        self._copies = copies
        self._frames = frames
        self._budget_us = budget_ms * 1000
        self._open: dict[tuple[str, str], _OpenSlot] = {}
        self._closed: list[ClosedSlot] = []

    def open(self, granted: KeyGranted) -> None:
        """Take a grant that wasn't heard before."""
        made = granted.made
        for named in granted.keys:
            lives_us = named.after_ms * 1000 + self._budget_us
            name = (named.slot, named.deployment_id)
            found = self._open.setdefault(name, _OpenSlot(made.shifted_to(made.boot_us + lives_us)))
            found.copies[named.lane] = self._copies.of(named.slot, named.lane)

    def settle(self, now: Instant) -> None:
        """Close what is over."""
        for name, found in list(self._open.items()):
            past_us = now.since_us(found.deadline)
            if past_us > _OPEN_US or (
                past_us > _REPORTS_US
                and found.is_gone()
                and all(self._is_over(name, lane, past_us) for lane in found.copies)
            ):
                self._close(name, found)

    def take_overdue(self, attention: Attention, now: Instant) -> list[tuple[str, str]]:
        """Return slots, with their deployments, of which a copy is overdue; each only once."""
        found = [
            name
            for name, each in self._open.items()
            if not each.is_overdue
            and now.since_us(each.deadline) > 0
            and any(attention.is_overdue(c, now) for copies in each.copies.values() for c in copies)
        ]
        for name in found:
            self._open[name].is_overdue = True
        return found

    def deployment_of(self, slot: str, lane: str) -> str | None:
        """Return for which deployment a camera's keys of a slot that is open were granted."""
        for (name, deployment_id), found in self._open.items():
            if name == slot and lane in found.copies:
                return deployment_id
        return None

    def conclude(self) -> None:
        """Close what is told of, without waiting for more: this process ends.

        The others stay open: that nothing was heard of a slot yet doesn't mean that it was empty.
        """
        for name, found in list(self._open.items()):
            if found.is_gone() and all(self._is_told(name, lane) for lane in found.copies):
                self._close(name, found)

    def take_closed(self) -> list[ClosedSlot]:
        """Return what was closed since the last call."""
        taken, self._closed = self._closed, []
        return taken

    def _is_over(self, name: tuple[str, str], lane: str, past_us: int) -> bool:
        is_heard = self._frames.is_heard(name[0], lane) or past_us > _SILENT_US
        return _has_no_frames(name) or (is_heard and self._frames.is_over(name[0], lane))

    def _is_told(self, name: tuple[str, str], lane: str) -> bool:
        is_told = self._frames.is_heard(name[0], lane) and self._frames.is_settled(name[0], lane)
        return is_told or _has_no_frames(name)

    def _close(self, name: tuple[str, str], found: _OpenSlot) -> None:
        del self._open[name]
        slot, deployment_id = name
        endings = dict.fromkeys(Ending, 0)
        tally = SlotTally()
        for lane, copies in found.copies.items():
            tally.add(self._frames.conclude(slot, lane))
            for copy in copies:
                endings[copy.ending] += 1
        self._closed.append(ClosedSlot(slot, deployment_id, endings, tally))
        del self._closed[:-_MOST_CLOSED]


def _has_no_frames(name: tuple[str, str]) -> bool:
    """Tell whether a slot is for the images of a watchlist: no camera tells of it."""
    return name[1] == ENROLMENT
