"""The entries of a log of receipts: what purge claims, one line of canonical JSON each.

No entry holds an identifier of a person, nor anything from which one could be told. Faces are
counted by the minute and no finer. Times are UTC in milliseconds since 1970 and never go back in
a log, whatever is done to the machine's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from lethe.receipts.entry import Entry
from lethe.receipts.fields import (
    hash_hex,
    hash_hex_if_any,
    hash_hex_or_none,
    hashes_hex,
    hashes_hex_if_any,
    name,
    name_if_any,
    number,
    origin,
)

STOPPED, DEPOSED = "stopped", "another leads"
"""Reasons of a term's end after which its writer may not hear how its last slots end."""

ENROLMENT = ""
"""Stands for a deployment where keys are for watchlist images, which no order names."""


@dataclass(frozen=True, slots=True)
class TermBegun(Entry):
    """The first entry of a log: an instance of purge began to grant keys.

    Attributes
    ----------
    software
        SHA-256 over the files of the program that wrote this.
    budget_ms
        T: no key and no clear copy may be older.
    predecessor_origin, predecessor_size, predecessor_root
        The last checkpoint of this instance's log before; empty and 0 if it knew of none.
    """

    kind: ClassVar[str] = "term-begun"

    instance: str = name()
    term: str = name()
    software: str = hash_hex()
    budget_ms: int = number()
    predecessor_origin: str = origin()
    predecessor_size: int = number()
    predecessor_root: str = hash_hex_or_none()


@dataclass(frozen=True, slots=True)
class OrderInForce(Entry):
    """An order under which keys will be granted, said before the first of them is.

    Attributes
    ----------
    threshold_millionths
        Comparison score from which candidates are returned, times a million.
    starts_ms, ends_ms
        The order's window.
    cameras
        How many it names.
    models
        SHA-256 of the model packs, as detect said; empty while it hasn't.
    receipts_key
        The key that must sign, by its `fingerprint`, as the order says; empty where it says none.
    holders
        SHA-256 over the files of each program that keys were granted to in this log, as it said.
    """

    kind: ClassVar[str] = "order-in-force"

    deployment: str = name()
    order_hash: str = hash_hex()
    order_type: str = name()
    threshold_millionths: int = number()
    starts_ms: int = number()
    ends_ms: int = number()
    cameras: int = number()
    models: tuple[str, ...] = hashes_hex()
    receipts_key: str = hash_hex_if_any()
    holders: tuple[str, ...] = hashes_hex_if_any()


@dataclass(frozen=True, slots=True)
class SubjectsWithdrawn(Entry):
    """Subjects of an order's watchlist are searched for no longer; said before further keys are.

    Attributes
    ----------
    withdrawn
        How many, over all that was withdrawn so far.
    list_hash
        SHA-256 over their ids, which are random: whoever has the list finds it, nobody else learns
        who it was.
    """

    kind: ClassVar[str] = "subjects-withdrawn"

    deployment: str = name()
    withdrawn: int = number()
    list_hash: str = hash_hex()


@dataclass(frozen=True, slots=True)
class SlotGranted(Entry):
    """Keys were drawn for a slot; said before any holder was sent one.

    Attributes
    ----------
    slot
        `term-number`; numbers count from 1 without gaps.
    key_count
        How many were drawn: one for each camera and purpose.
    copies
        How many copies of them are granted, over all holders.
    keys_root
        Head of the tree of the keys' hashes, see `granted_root`.
    deadline_ms
        When the last of them is gone, by the promise.
    after_ms
        How long after their grant the slot begins: nothing is captured under its keys before.
    """

    kind: ClassVar[str] = "slot-granted"

    deployment: str = name()
    order_hash: str = hash_hex_or_none()
    slot: str = name()
    key_count: int = number()
    copies: int = number()
    keys_root: str = hash_hex()
    deadline_ms: int = number()
    after_ms: int = number()


@dataclass(frozen=True, slots=True)
class SlotClosed(Entry):
    """How the copies of a slot's keys ended, and what became of its frames.

    Attributes
    ----------
    acknowledged, dead, lapsed, open
        Copies by how they ended; nothing is known of an open one.
    offered, captured, dropped
        Frames: offered = captured + dropped.
    processed, expired, lost
        What became of the captured ones; counts of lost ones are missing, their keys are gone.
    oldest_age_ms
        The longest that anything of a frame lived, rounded up; 0 where there was none.
    """

    kind: ClassVar[str] = "slot-closed"

    deployment: str = name()
    slot: str = name()
    acknowledged: int = number()
    dead: int = number()
    lapsed: int = number()
    open: int = number()
    offered: int = number()
    captured: int = number()
    dropped: int = number()
    processed: int = number()
    expired: int = number()
    lost: int = number()
    oldest_age_ms: int = number()

    @property
    def copies_told(self) -> int:
        """How many copies it tells of."""
        return self.acknowledged + self.dead + self.lapsed + self.open


@dataclass(frozen=True, slots=True)
class MinuteCounted(Entry):
    """Faces in the slots of a deployment that were closed since the last such entry.

    Attributes
    ----------
    slots
        How many closings it covers.
    dropped_without_key
        Frames that were offered while no key was in hand; they belong to no slot.
    faces_seen, faces_erased, faces_rescued, faces_expired
        seen = erased + rescued + expired.
    """

    kind: ClassVar[str] = "minute-counted"

    deployment: str = name()
    slots: int = number()
    dropped_without_key: int = number()
    faces_seen: int = number()
    faces_erased: int = number()
    faces_rescued: int = number()
    faces_expired: int = number()


@dataclass(frozen=True, slots=True)
class Erased(Entry):
    """A data key was destroyed, as alert says; it may be told more than once.

    Whoever knows what was hashed finds it, nobody else learns anything. `promise` is the key
    store's, of what is left of the key: `memory` (nothing), `overwritten`, `unlinked`, `module`.
    """

    deployment: str = name()
    id_hash: str = hash_hex()
    ground: str = name()
    promise: str = name_if_any()


@dataclass(frozen=True, slots=True)
class AlertErased(Erased):
    """An alert, by the SHA-256 of its id: `false-alert`, `retention` or `key-gone`."""

    kind: ClassVar[str] = "alert-erased"


@dataclass(frozen=True, slots=True)
class WatchlistErased(Erased):
    """A watchlist, by the SHA-256 over the text "lethe erased watchlist v1", a zero byte, the 32
    bytes of its content hash, and its id: `deployment-over`, `requested` or `key-gone`.

    The deployment is the last that searched it; empty if none did.
    """

    kind: ClassVar[str] = "watchlist-erased"


@dataclass(frozen=True, slots=True)
class AuditAnchored(Entry):
    """The head of another log at this moment: what it held can't be rewritten unseen."""

    kind: ClassVar[str] = "audit-anchored"

    log: str = name()
    size: int = number()
    head: str = hash_hex()


@dataclass(frozen=True, slots=True)
class Suspended(Entry):
    """A deployment gets no keys until it is resumed."""

    kind: ClassVar[str] = "suspended"

    deployment: str = name()
    reason: str = name()


@dataclass(frozen=True, slots=True)
class Resumed(Entry):
    """A suspended deployment gets keys again; somebody decided that."""

    kind: ClassVar[str] = "resumed"

    deployment: str = name()
    reason: str = name()


@dataclass(frozen=True, slots=True)
class TermEnded(Entry):
    """The last entry of a log that ended in order.

    Attributes
    ----------
    slots
        How many were granted.
    unclosed
        How many `slot-granted` of this log have no `slot-closed` in it.
    """

    kind: ClassVar[str] = "term-ended"

    reason: str = name()
    slots: int = number()
    unclosed: int = number()


KINDS: Mapping[str, type[Entry]] = MappingProxyType(
    {
        each.kind: each
        for each in (
            TermBegun,
            OrderInForce,
            SubjectsWithdrawn,
            SlotGranted,
            SlotClosed,
            MinuteCounted,
            AlertErased,
            WatchlistErased,
            AuditAnchored,
            Suspended,
            Resumed,
            TermEnded,
        )
    }
)
