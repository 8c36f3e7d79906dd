"""What the log of a term says, and what it has said so far: entries without their times."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.receipts import ErasedAlert
from lethe.contracts.suspension import DeploymentSuspended
from lethe.purge.erasures import Erasure, ToldErasures, hash_of
from lethe.purge.slot_entries import UNDATED, by_slot, slot_closed, slot_granted
from lethe.purge.slots import ClosedSlot
from lethe.purge.tallies import SlotTally
from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.entries import (
    ENROLMENT,
    AlertErased,
    MinuteCounted,
    OrderInForce,
    Resumed,
    SubjectsWithdrawn,
    Suspended,
    TermBegun,
    TermEnded,
    WatchlistErased,
)
from lethe.receipts.entry import Entry
from lethe.receipts.fields import is_hash
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.ownership import HolderName
from lethe.shredding.suspensions import Suspensions

_MILLION = 1_000_000

_CLOSE_WITHIN_US = 55_000_000
"""A log that goes on for a minute before it closes a slot is refuted."""

_COUNT_WITHIN_US = 110_000_000
"""A log that goes on for two minutes before it counts a closing is refuted."""

MOST_SOFTWARE = 100
"""Whoever has the key of a role can make up digests without end, and orders are told with all."""

SlotKey = tuple[str, str]
"""Slot and deployment."""

_NONE: Mapping[SlotKey, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Origin:
    """What the first entry of every log says of its writer."""

    instance: str
    software: str
    budget_ms: int

    def begun(self, term: str, before: Checkpoint | None) -> Entry:
        """Say that a term begins, and which checkpoint the log before ended with."""
        return TermBegun(
            at_ms=UNDATED,
            instance=self.instance,
            term=term,
            software=self.software,
            budget_ms=self.budget_ms,
            predecessor_origin=before.origin if before else "",
            predecessor_size=before.size if before else 0,
            predecessor_root=before.root.hex() if before else "",
        )


class Teller:
    """Makes the entries of one term; they get their times when they are written.

    Attributes
    ----------
    term
        Whose log this is for.
    left_open
        Slots that were granted here and aren't closed, or that the term before left so, each
        with the time on the boot clock at which its keys were made.
    """

    def __init__(self, term: str, left_open: Mapping[SlotKey, int] = _NONE) -> None:
        self.term = term
        self.left_open = dict(left_open)
        self._orders: dict[str, OrderInForce] = {}
        self._withdrawn: dict[str, str] = {}
        self._holders: set[str] = set()
        self._inherited = frozenset(left_open)
        self._suspended: dict[str, str] = {}
        self._sums: dict[str, SlotTally] = defaultdict(SlotTally)
        self._closed: Counter[str] = Counter()
        self._uncounted_us: int | None = None
        self._erasures = ToldErasures()
        self._slots = 0

    def is_late(self, boot_us: int) -> bool:
        """Tell whether it is too late to close a slot, or to count one, in this log."""
        uncounted_us = boot_us if self._uncounted_us is None else self._uncounted_us
        # They were made in this order: the first is the oldest.
        oldest_us = next(iter(self.left_open.values()), boot_us)
        return boot_us - oldest_us > _CLOSE_WITHIN_US or boot_us - uncounted_us > _COUNT_WITHIN_US

    def grants(
        self,
        granted: Sequence[KeyGranted],
        orders: OrderBook,
        models: Mapping[str, str],
        software: Mapping[HolderName, str],
        deadline_ms: int,
    ) -> list[Entry]:
        """Return what is to be said before grants that were made together are sent.

        Parameters
        ----------
        models
            Digest of the model pack by instance of detect.
        software
            Digest of its files by holder.
        deadline_ms
            When keys of a slot that begins at once are gone.

        Raises
        ------
        BadInput
            If something in them is too long to be told.
        """
        told = [models[g.holder] for g in granted if g.role is Role.DETECT and g.holder in models]
        digests = tuple(sorted({digest for digest in told if is_hash(digest)}))
        self._note_software(software.get((g.role, g.holder)) for g in granted)
        said: list[Entry] = []
        slots = by_slot(granted)
        self._slots += len({slot for slot, _ in slots})
        for (slot, deployment), named in slots.items():
            held = orders.by_deployment(deployment)
            if held is not None:
                said += self._new_order(held, digests)
                said += self._newly_withdrawn(held)
            said.append(slot_granted(deployment, named, deadline_ms))
            self.left_open[slot, deployment] = granted[0].made.boot_us
        return said

    def closings(self, closed: Iterable[ClosedSlot], boot_us: int) -> Iterator[Entry]:
        """Say how slots ended, whichever term they were granted in."""
        for each in closed:
            if each.deployment_id != ENROLMENT:
                # No camera, no faces: enrolment isn't counted.
                self._sums[each.deployment_id].add(each.tally)
                self._closed[each.deployment_id] += 1
                self._uncounted_us = self._uncounted_us or boot_us
            self.left_open.pop((each.slot, each.deployment_id), None)
            yield slot_closed(each)

    def minutes(self, dropped_without_key: Mapping[str, int], orders: OrderBook) -> Iterator[Entry]:
        """Say what was counted since the last call.

        Anybody can send counts under any name: those of a deployment without an order are not told.
        """
        ordered = {name: orders.by_deployment(name) for name in dropped_without_key}
        for deployment in sorted({*self._closed, *(n for n, held in ordered.items() if held)}):
            held = ordered.get(deployment)
            if held is not None and deployment not in self._orders:
                yield from self._new_order(held, ())
            sums = self._sums[deployment]
            yield MinuteCounted(
                at_ms=UNDATED,
                deployment=deployment,
                slots=self._closed[deployment],
                dropped_without_key=dropped_without_key.get(deployment, 0),
                faces_seen=sums.faces_seen,
                faces_erased=sums.faces_erased,
                faces_rescued=sums.faces_rescued,
                faces_expired=sums.faces_expired,
            )
        self._sums.clear()
        self._closed.clear()
        self._uncounted_us = None

    def erasures(self, erased: Iterable[Erasure], boot_us: int) -> Iterator[Entry]:
        """Say what was erased: by a hash, so that only who knows the id finds it."""
        for each in self._erasures.news(erased, boot_us):
            kind = AlertErased if isinstance(each, ErasedAlert) else WatchlistErased
            yield kind(
                at_ms=UNDATED,
                deployment=each.deployment_id,
                id_hash=hash_of(each),
                ground=each.ground.value,
                promise=each.promise,
            )

    def resumptions(self, suspensions: Suspensions) -> Iterator[Entry]:
        """Say which deployments were resumed, before anything is granted to them again.

        Also where another log told of the suspension: this one can't know, and may say so twice.
        """
        for each in suspensions.lifted():
            if self._suspended.get(each.deployment_id) == _lifted(each):
                continue
            self._suspended[each.deployment_id] = _lifted(each)
            yield Resumed(at_ms=UNDATED, deployment=each.deployment_id, reason=each.suspension_id)

    def has_untold(self, suspensions: Suspensions) -> bool:
        """Tell whether something is suspended that wasn't told to be in this log."""
        return any(map(self._is_untold, suspensions.in_force()))

    def suspensions(self, suspensions: Suspensions) -> Iterator[Entry]:
        """Say what is suspended and wasn't told to be; what was granted before is told before."""
        for each in filter(self._is_untold, suspensions.in_force()):
            self._suspended[each.deployment_id] = each.suspension_id
            yield Suspended(
                at_ms=UNDATED,
                deployment=each.deployment_id,
                reason=f"{each.suspension_id}: {each.ground.value}",
            )

    def _is_untold(self, said: DeploymentSuspended) -> bool:
        return self._suspended.get(said.deployment_id) != said.suspension_id

    def ended(self, reason: str) -> Entry:
        """Say that the term is over."""
        own = self.left_open.keys() - self._inherited
        return TermEnded(at_ms=UNDATED, reason=reason, slots=self._slots, unclosed=len(own))

    def _note_software(self, digests: Iterable[str | None]) -> None:
        for digest in digests:
            if digest is not None and is_hash(digest) and len(self._holders) < MOST_SOFTWARE:
                self._holders.add(digest)

    def _new_order(self, held: HeldOrder, models: tuple[str, ...]) -> list[Entry]:
        """Return an order that wasn't told yet, or not with these models and programs."""
        before, holders = self._orders.get(held.order.deployment_id), tuple(sorted(self._holders))
        told = (before.order_hash, before.models, before.holders) if before else None
        if told == (held.order_hash, models, holders):
            return []
        order = OrderInForce(
            at_ms=UNDATED,
            deployment=held.order.deployment_id,
            order_hash=held.order_hash,
            order_type=held.order.type.value,
            threshold_millionths=round(held.order.threshold * _MILLION),
            starts_ms=held.order.starts_at_us // 1000,
            ends_ms=-(-held.order.ends_at_us // 1000),
            cameras=len(held.order.camera_ids),
            models=models,
            receipts_key=held.order.receipts_key or "",
            holders=holders,
        )
        self._orders[held.order.deployment_id] = order
        return [order]

    def _newly_withdrawn(self, held: HeldOrder) -> list[Entry]:
        """Return who isn't searched for any more, by their number; nothing if it was told."""
        name = held.order.deployment_id
        if self._withdrawn.get(name, "") == held.withdrawn_hash:
            return []
        self._withdrawn[name] = held.withdrawn_hash
        return [
            SubjectsWithdrawn(
                at_ms=UNDATED,
                deployment=name,
                withdrawn=len(held.withdrawn),
                list_hash=held.withdrawn_hash,
            )
        ]


def _lifted(said: DeploymentSuspended) -> str:
    return f"{said.suspension_id} lifted"
