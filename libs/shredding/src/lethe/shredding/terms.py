"""What holders are told at their making, what tickets say of them, what they hand out."""

from collections.abc import Callable
from dataclasses import dataclass, field

from lethe.contracts.keys import AuditHead, GrantedKey, HeldList, Role, TransitKey
from lethe.contracts.sealed import Purpose

OrderCheck = Callable[[GrantedKey, int], bool]
"""Tells whether a granted key is for an order that is live at a wall-clock time (us)."""


@dataclass(frozen=True, slots=True)
class Life:
    """How long keys live, counted from the ticket they were granted to.

    Attributes
    ----------
    budget_ms
        T: no key or clear copy may be older.
    margin_ms
        Keys are wiped this long before.
    kill_margin_ms
        The kernel kills a process that still holds one this long before: a kill takes effect
        only when the process is next scheduled, and must be seen by its supervisor.
    ticket_ms
        A ticket that wasn't granted is given up at this age: no custodian grants to it then.
    opening_reserve_ms
        A record isn't opened any more when less than this is left until the wipe: what is
        opened must be processed and overwritten in time.
    """

    budget_ms: int = 1000
    margin_ms: int = 200
    kill_margin_ms: int = 50
    ticket_ms: int = 500
    opening_reserve_ms: int = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """What a ticket says beside its key: what the holder owns and takes part in."""

    partitions: tuple[int, ...] = ()
    generation: int = 0
    enrols: bool = False
    transit: TransitKey | None = None
    lists: tuple[HeldList, ...] = ()
    model: str = ""
    receipts: dict[str, int] | None = None
    audit: AuditHead | None = None
    false_alerts: dict[str, int] = field(default_factory=dict)
    erased_watchlists: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reservation:
    """A number within a slot that one record will be sealed under."""

    slot: str
    lane: str
    purpose: Purpose
    number: int
    deployment_id: str
    order_hash: str


SEALS: dict[Role, frozenset[Purpose]] = {
    Role.INGEST: frozenset({Purpose.FRAME}),
    Role.DETECT: frozenset({Purpose.PROBE, Purpose.VIEW, Purpose.REFERENCE_TEMPLATE}),
    Role.ALERT: frozenset({Purpose.REFERENCE_IMAGE}),
}
"""Who seals what. Two roles hold every key; only one of them may use it to seal, since the nonce
is constant."""
