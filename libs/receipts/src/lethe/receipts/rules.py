"""What the entries of one log must fulfil, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from lethe.receipts.accounts import (
    require_adds_up,
    require_faces_add_up,
    require_in_budget,
    require_order_covers,
)
from lethe.receipts.chain import Chain
from lethe.receipts.entries import (
    ENROLMENT,
    AuditAnchored,
    Entry,
    MinuteCounted,
    OrderInForce,
    Resumed,
    SlotClosed,
    SlotGranted,
    Suspended,
    TermBegun,
    TermEnded,
)
from lethe.receipts.errors import Refuted
from lethe.receipts.origins import log_origin, slot_name, term_of
from lethe.receipts.totals import Totals

LONGEST_BUDGET_MS = 1_000
CLOSED_WITHIN_MS = 60_000
"""A slot must be closed before its log goes on for longer than this."""

SlotKey = tuple[str, str]
"""Slot and deployment."""


@dataclass(slots=True)
class Shared:
    """What outlives a log: a slot may be closed in the log of another term."""

    chain: Chain
    totals: dict[str, Totals]
    left_open: dict[SlotKey, SlotGranted]

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
        self._orders: dict[str, OrderInForce] = {}
        self._suspended: set[str] = set()
        self._uncounted: dict[str, int] = {}
        self._slot_number = 0
        self._of_this_slot: set[str] = set()
        self.begun: TermBegun | None = None
        self.ended = False
        self._takers: dict[type[Entry], Callable[..., None]] = {
            OrderInForce: self._order,
            SlotGranted: self._grant,
            SlotClosed: self._close,
            MinuteCounted: self._count,
            AuditAnchored: lambda _said: None,
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
        self._require_closings(said.at_ms)
        taker = self._takers.get(type(said))
        if taker is None:
            raise Refuted("a log begins once, with its first entry")
        taker(said)

    def leave(self) -> None:
        """End the log: its open slots may be closed in another."""
        self._shared.left_open.update(self._open)

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

    def _order(self, said: OrderInForce) -> None:
        before = self._orders.get(said.deployment)
        if before is not None and before.order_hash != said.order_hash:
            raise Refuted(f"another order takes the name {said.deployment}")
        self._orders[said.deployment] = said
        self._shared.of(said.deployment).order = said

    def _grant(self, said: SlotGranted) -> None:
        self._require_in_turn(said)
        if said.deployment in self._suspended:
            raise Refuted(f"keys for {said.deployment}, which is suspended")
        require_order_covers(said, self._orders.get(said.deployment))
        if said.deadline_ms - said.at_ms > self._budget_ms:
            raise Refuted(f"its keys may live {said.deadline_ms - said.at_ms} ms")
        if said.key_count == 0 or said.copies < said.key_count:
            raise Refuted(f"{said.key_count} keys in {said.copies} copies")
        self._open[said.slot, said.deployment] = said
        self._shared.of(said.deployment).grant(said)

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
        self._uncounted[said.deployment] = self._uncounted.get(said.deployment, 0) + 1
        if granted is None:
            return
        if said.copies_told < granted.copies:
            # Another instance heard of some of its copies only: its end isn't told by that.
            self._shared.left_open[named] = granted
        else:
            self._shared.of(said.deployment).close(said)

    def _count(self, said: MinuteCounted) -> None:
        closed = self._uncounted.pop(said.deployment, 0)
        if said.slots != closed:
            raise Refuted(f"it counts {said.slots} slots where {closed} were closed")
        require_faces_add_up(said)
        self._shared.of(said.deployment).count(said)

    def _suspend(self, said: Suspended) -> None:
        self._suspended.add(said.deployment)
        self._shared.of(said.deployment).step(said)

    def _resume(self, said: Resumed) -> None:
        self._suspended.discard(said.deployment)
        self._shared.of(said.deployment).step(said)

    def _end(self, said: TermEnded) -> None:
        if said.slots != self._slot_number:
            raise Refuted(f"it ends after {said.slots} slots where {self._slot_number} are told")
        if said.unclosed != len(self._open):
            raise Refuted(f"it leaves {said.unclosed} slots open where {len(self._open)} are")
        self.ended = True

    def _require_closings(self, at_ms: int) -> None:
        for oldest in self._open.values():
            if at_ms - oldest.at_ms > CLOSED_WITHIN_MS:
                name = f"{oldest.slot} of {oldest.deployment or 'enrolment'}"
                raise Refuted(f"slot {name} has had no slot-closed for a minute")
            return

    @property
    def _term(self) -> str:
        return self.begun.term if self.begun else ""

    @property
    def _budget_ms(self) -> int:
        return self.begun.budget_ms if self.begun else 0

    def _slot(self, slot_number: int) -> str:
        return slot_name(self._term, slot_number)


def deployment_label(deployment: str) -> str:
    """Return how a deployment is called where people read it."""
    return "enrolment" if deployment == ENROLMENT else deployment
