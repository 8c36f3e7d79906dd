"""What the receipts of a deployment add up to."""

from collections import deque
from dataclasses import dataclass, field

from lethe.receipts.entries import (
    AlertErased,
    Erased,
    MinuteCounted,
    OrderInForce,
    Resumed,
    SlotClosed,
    SlotGranted,
    SubjectsWithdrawn,
    Suspended,
)

_STEPS_KEPT = 20
_MINUTE_MS = 60_000


@dataclass(slots=True)
class Totals:
    """Sums over all logs of one deployment.

    Attributes
    ----------
    granted, closed
        Slots.
    software, holders, models
        Digests of all programs that granted and that were granted to, and of all model packs.
    steps
        The last suspensions and resumptions: time, `suspended` or `resumed`, reason.
    steps_told
        How many there were.
    busiest
        Most faces seen in one `minute-counted`.
    uncounted
        Slots whose faces no log tells: it ended, or broke off, before their minute was over.
    alerts
        Grounds on which alerts were erased, by the hash of the alert's id.
    withdrawn
        How many subjects of the watchlist were withdrawn.
    watchlists
        Likewise of watchlists.
    promises
        What is left of the keys of both, as the key store promised, by the same hashes.
    """

    order: OrderInForce | None = None
    software: dict[str, None] = field(default_factory=dict)
    holders: dict[str, None] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)
    granted: int = 0
    closed: int = 0
    keys: int = 0
    copies: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("acknowledged", "dead", "lapsed", "open"), 0)
    )
    frames: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("offered", "captured", "dropped", "processed", "expired", "lost"), 0
        )
    )
    faces: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("seen", "erased", "rescued", "expired"), 0)
    )
    oldest_age_ms: int = 0
    dropped_without_key: int = 0
    busiest: int = 0
    uncounted: int = 0
    alerts: dict[str, str] = field(default_factory=dict)
    withdrawn: int = 0
    watchlists: dict[str, str] = field(default_factory=dict)
    promises: dict[str, str] = field(default_factory=dict)
    suspensions: int = 0
    steps_told: int = 0
    steps: deque[tuple[int, str, str]] = field(default_factory=lambda: deque(maxlen=_STEPS_KEPT))
    first_ms: int | None = None
    last_ms: int = 0

    @property
    def minutes(self) -> float:
        """From the first slot to the last closing."""
        return max(0, self.last_ms - (self.first_ms or 0)) / _MINUTE_MS

    def put_in_force(self, said: OrderInForce) -> None:
        """Note an order, and the programs and models that it is told with."""
        self.order = said
        self.holders |= dict.fromkeys(said.holders)
        self.models |= dict.fromkeys(said.models)

    def grant(self, said: SlotGranted, software: str) -> None:
        """Add a slot."""
        self.software[software] = None
        self.granted += 1
        self.keys += said.key_count
        self.first_ms = said.at_ms if self.first_ms is None else min(self.first_ms, said.at_ms)
        self.last_ms = max(self.last_ms, said.at_ms)

    def close(self, said: SlotClosed) -> None:
        """Add how a slot ended."""
        self.closed += 1
        for ending in self.copies:
            self.copies[ending] += getattr(said, ending)
        for count in self.frames:
            self.frames[count] += getattr(said, count)
        self.oldest_age_ms = max(self.oldest_age_ms, said.oldest_age_ms)
        self.last_ms = max(self.last_ms, said.at_ms)

    def count(self, said: MinuteCounted) -> None:
        """Add the faces of a minute."""
        for count in self.faces:
            self.faces[count] += getattr(said, f"faces_{count}")
        self.dropped_without_key += said.dropped_without_key
        self.busiest = max(self.busiest, said.faces_seen)

    def erase(self, said: Erased) -> None:
        """Note that something was erased; told again it counts once."""
        known = self.alerts if isinstance(said, AlertErased) else self.watchlists
        known.setdefault(said.id_hash, said.ground)
        if said.promise:
            self.promises.setdefault(said.id_hash, said.promise)

    def withdraw(self, said: SubjectsWithdrawn) -> None:
        """Note how many subjects are withdrawn; each log tells it again."""
        self.withdrawn = max(self.withdrawn, said.withdrawn)

    def step(self, said: Suspended | Resumed) -> None:
        """Note a suspension or its end."""
        self.suspensions += isinstance(said, Suspended)
        self.steps_told += 1
        self.steps.append((said.at_ms, said.kind, said.reason))
