"""What the entries of one log must fulfil, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lethe.receipts.accounts import (
    require_adds_up,
    require_faces_add_up,
    require_in_budget,
    require_order_covers,
)
from lethe.receipts.chain import Chain
from lethe.receipts.counting import Uncounted
from lethe.receipts.entries import (
    DEPOSED,
    ENROLMENT,
    STOPPED,
    AlertErased,
    AuditAnchored,
    MinuteCounted,
    OrderInForce,
    Resumed,
    SlotClosed,
    SlotGranted,
    SubjectsWithdrawn,
    Suspended,
    TermBegun,
    TermEnded,
    WatchlistErased,
)
from lethe.receipts.entry import Entry
from lethe.receipts.errors import Refuted
from lethe.receipts.origins import log_origin, slot_name, term_of
from lethe.receipts.totals import Totals

LONGEST_BUDGET_MS = 1_000
LONGEST_AHEAD_MS = 1_000
CLOSED_WITHIN_MS = 60_000
"""A slot must be closed before its log, and those that follow it, go on for longer than this."""

SlotKey = tuple[str, str]
"""Slot and deployment."""


@dataclass(slots=True)
class Shared:
    """What outlives a log: a slot may be closed in the log of another term.

    Attributes
    ----------
    left_open
        Slots whose end no log has told yet.
    owed
        By instance, those that its next log has to close, and how long its logs went on since.
    suspended
        By instance, the deployments that get no keys from it.
    anchors
        Heads of audit logs: name, size, hash.
    withdrawn
        By instance and deployment, how many subjects are withdrawn, and the hash of their list.
    """

    chain: Chain
    totals: dict[str, Totals]
    left_open: dict[SlotKey, SlotGranted] = field(default_factory=dict)
    owed: dict[str, dict[SlotKey, int]] = field(default_factory=dict)
    orders: dict[str, OrderInForce] = field(default_factory=dict)
    suspended: dict[str, set[str]] = field(default_factory=dict)
    anchors: set[tuple[str, int, str]] = field(default_factory=set)
    withdrawn: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def of(self, deployment: str) -> Totals:
        """Return the sums of a deployment."""
        return self.totals.setdefault(deployment, Totals())


class LogRules:
    """Checks a log entry by entry, and adds up what it says.

    Attributes
    ----------
    begun
        The log's first entry, once it was taken.
    ended
        Whether its last entry was.
    """

    def __init__(self, origin: str, shared: Shared) -> None:
        self._origin = origin
        self._shared = shared
        self._at_ms = 0
        self._open: dict[SlotKey, SlotGranted] = {}
        self._due: dict[SlotKey, int] = {}
        self._orders: dict[str, OrderInForce] = {}
        self._uncounted = Uncounted()
        self._slot_number = 0
        self._of_this_slot: set[str] = set()
        self.begun: TermBegun | None = None
        self.ended = False
        self._hands_over = False
        self._anchored: dict[str, int] = {}
        self._takers: dict[type[Entry], Callable[..., None]] = {
            OrderInForce: self._order,
            SubjectsWithdrawn: self._withdraw,
            SlotGranted: self._grant,
            SlotClosed: self._close,
            MinuteCounted: self._count,
            AlertErased: lambda said: self._shared.of(said.deployment).erase(said),
            WatchlistErased: lambda said: self._shared.of(said.deployment).erase(said),
            AuditAnchored: self._anchor,
            Suspended: self._suspend,
            Resumed: self._resume,
            TermEnded: self._end,
        }

    def take(self, said: Entry) -> None:
        """Take the next entry.

        Raises
        ------
        Refuted
            If it can't be true, or breaks what was promised.
        """
        if self.ended:
            raise Refuted("it comes after the end of its term")
        if said.at_ms < self._at_ms:
            raise Refuted("its time goes back")
        self._at_ms = said.at_ms
        if self.begun is None:
            self._begin(said)
            return
        self._require_in_time(said.at_ms)
        taker = self._takers.get(type(said))
        if taker is None:
            raise Refuted("a log begins once, with its first entry")
        taker(said)

    def leave(self) -> None:
        """End the log: its open slots may be closed in another, or must be in the next.

        The faces of what it didn't count by now are told nowhere.
        """
        for deployment, slots in self._uncounted.slots.items():
            self._shared.of(deployment).uncounted += slots
        self._shared.left_open.update(self._open)
        if self.begun is not None and self._hands_over:
            ages = {name: self._at_ms - at_ms for name, at_ms in self._due.items()}
            self._shared.owed[self.begun.instance] = ages

    def _begin(self, said: Entry) -> None:
        if not isinstance(said, TermBegun):
            raise Refuted("a log must begin with term-begun")
        signer = self._origin.rsplit("/", 2)[0]
        if self._origin != log_origin(signer, said.instance, said.term):
            raise Refuted("its instance and term aren't those that the log is named by")
        if not 0 < said.budget_ms <= LONGEST_BUDGET_MS:
            raise Refuted(f"its budget of {said.budget_ms} ms is over {LONGEST_BUDGET_MS} ms")
        self._shared.chain.begin_term(said)
        self.begun = said
        # Another clock, but the time that went by in the logs themselves goes on.
        owed = self._shared.owed.pop(said.instance, {})
        self._due = {name: said.at_ms - age_ms for name, age_ms in owed.items()}

    def _order(self, said: OrderInForce) -> None:
        before = self._shared.orders.get(said.deployment, said)
        if before.order_hash != said.order_hash:
            raise Refuted(f"another order takes the name {said.deployment}")
        if replace(before, at_ms=said.at_ms, models=said.models, holders=said.holders) != said:
            raise Refuted(f"the order of {said.deployment} isn't what it was said to be before")
        self._orders[said.deployment] = self._shared.orders[said.deployment] = said
        self._shared.of(said.deployment).put_in_force(said)

    def _withdraw(self, said: SubjectsWithdrawn) -> None:
        # Another instance may have heard less so far; of one, more only may follow.
        named = (self.begun.instance if self.begun else "", said.deployment)
        before, list_hash = self._shared.withdrawn.get(named, (0, said.list_hash))
        is_same = said.withdrawn == before
        if said.withdrawn < max(before, 1) or (is_same and said.list_hash != list_hash):
            raise Refuted(f"somebody who was withdrawn from {said.deployment} is brought back")
        self._shared.withdrawn[named] = (said.withdrawn, said.list_hash)
        self._shared.of(said.deployment).withdraw(said)

    def _grant(self, said: SlotGranted) -> None:
        self._require_in_turn(said)
        if said.deployment in self._suspended():
            raise Refuted(f"keys for {said.deployment}, which is suspended")
        require_order_covers(said, self._orders.get(said.deployment))
        if said.after_ms > LONGEST_AHEAD_MS:
            raise Refuted(f"its keys are made {said.after_ms} ms before they are of use")
        lives_ms = said.deadline_ms - said.at_ms - said.after_ms
        if not 0 <= lives_ms <= self._budget_ms:
            raise Refuted(f"its keys may live {lives_ms} ms")
        if said.key_count == 0 or said.copies < said.key_count:
            raise Refuted(f"{said.key_count} keys in {said.copies} copies")
        self._open[said.slot, said.deployment] = said
        self._due[said.slot, said.deployment] = said.at_ms
        self._shared.of(said.deployment).grant(said, self.begun.software if self.begun else "")

    def _require_in_turn(self, said: SlotGranted) -> None:
        same, following = self._slot(self._slot_number), self._slot(self._slot_number + 1)
        if said.slot == following:
            self._slot_number += 1
            self._of_this_slot.clear()
        elif said.slot != same or said.deployment in self._of_this_slot:
            raise Refuted(f"slot {said.slot} comes where {following} should")
        self._of_this_slot.add(said.deployment)

    def _close(self, said: SlotClosed) -> None:
        named = (said.slot, said.deployment)
        own = term_of(said.slot) == self._term
        granted = self._open.pop(named, None) or self._shared.left_open.pop(named, None)
        if granted is None and own:
            raise Refuted(f"slot {said.slot} isn't open: never granted, or closed before")
        require_adds_up(said, granted, is_own=own)
        require_in_budget(said, self._budget_ms)
        if said.deployment != ENROLMENT:
            self._uncounted.close(said.deployment, said.at_ms)
        if granted is None:
            self._due.pop(named, None)
            return
        if said.copies_told < granted.copies:
            # Another instance heard of some of its copies only: its end isn't told by that.
            self._shared.left_open[named] = granted
        else:
            self._due.pop(named, None)
            self._shared.of(said.deployment).close(said)

    def _count(self, said: MinuteCounted) -> None:
        closed = self._uncounted.count(said.deployment)
        if not closed and said.deployment not in self._shared.orders:
            raise Refuted(f"it counts for {said.deployment}, which has no order")
        if said.slots != closed:
            raise Refuted(f"it counts {said.slots} slots where {closed} were closed")
        require_faces_add_up(said)
        self._shared.of(said.deployment).count(said)

    def _anchor(self, said: AuditAnchored) -> None:
        if said.size <= self._anchored.get(said.log, 0):
            raise Refuted(f"the audit log {said.log} is anchored at {said.size} entries, not more")
        self._anchored[said.log] = said.size
        # Another log may say otherwise: a database came back from a backup, or was rewritten. That
        # is for whoever verifies the audit log.
        self._shared.anchors.add((said.log, said.size, said.head))

    def _suspend(self, said: Suspended) -> None:
        if said.deployment not in self._suspended():
            # Each log says again at its beginning what is suspended.
            self._suspended().add(said.deployment)
            self._shared.of(said.deployment).step(said)

    def _resume(self, said: Resumed) -> None:
        holding = [each for each in self._shared.suspended.values() if said.deployment in each]
        for suspended in holding:
            suspended.discard(said.deployment)
        if holding:
            # Each log says again which of its deployments were resumed in another.
            self._shared.of(said.deployment).step(said)

    def _end(self, said: TermEnded) -> None:
        if said.slots != self._slot_number:
            raise Refuted(f"it ends after {said.slots} slots where {self._slot_number} are told")
        if said.unclosed != len(self._open):
            raise Refuted(f"it leaves {said.unclosed} slots open where {len(self._open)} are")
        self._uncounted.require_may_end(said.at_ms)
        self._hands_over = said.reason not in (STOPPED, DEPOSED)
        self.ended = True

    def _require_in_time(self, at_ms: int) -> None:
        # They are in the order of their times: the first is the oldest.
        (slot, deployment), since_ms = next(iter(self._due.items()), (("", ""), at_ms))
        if at_ms - since_ms > CLOSED_WITHIN_MS:
            name = f"{slot} of {deployment or 'enrolment'}"
            raise Refuted(f"slot {name} has had no slot-closed for a minute")
        self._uncounted.require_in_time(at_ms)

    def _suspended(self) -> set[str]:
        return self._shared.suspended.setdefault(self.begun.instance if self.begun else "", set())

    @property
    def pinned(self) -> dict[str, str]:
        """The key that each order of this log pins, by deployment; those that pin none are out."""
        orders = self._orders.items()
        return {name: order.receipts_key for name, order in orders if order.receipts_key}

    @property
    def _term(self) -> str:
        return self.begun.term if self.begun else ""

    @property
    def _budget_ms(self) -> int:
        return self.begun.budget_ms if self.begun else 0

    def _slot(self, slot_number: int) -> str:
        return slot_name(self._term, slot_number)
