"""The accountant: what was offered, seen, decided and forgotten, as the services told it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyGranted, KeyTicket
from lethe.contracts.live import (
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.suspension import SuspensionGround
from lethe.purge.copies import CopyLedger, Ending
from lethe.purge.frames import FrameLedger
from lethe.purge.slots import ClosedSlot, SlotBook
from lethe.purge.suspicions import Attention
from lethe.shredding.clock import Clock, instant
from lethe.shredding.ownership import HolderName, holder_name

_KEEP_US = 30_000_000
_FORGET_US = 5_000_000
"""Forgetting looks at everything that is kept, settling only at what is open."""
_AGES = {"p50": 50.0, "p99": 99.0, "p999": 99.9}
_LATENCIES = {"p50": 50.0, "p95": 95.0, "p99": 99.0}


class Account(TypedDict):
    """The account as JSON; each number is counted by the service that saw it."""

    since: str
    frames: dict[str, int]
    faces: dict[str, int | dict[str, int]]
    decisions: dict[str, int]
    latency_ms: dict[str, dict[str, float | None]]
    erasure_age_ms: dict[str, float | None]
    unerased: int
    settled: bool
    cameras: dict[str, dict[str, int | bool | str | dict[str, int] | None]]
    copies: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a deployment can't go on; for enrolment, whose keys are under no order, it is empty."""

    deployment_id: str
    slot: str
    ground: SuspensionGround


class Accountant:
    """A pure function of the topics it hears: leader and standby keep the same account.

    Parameters
    ----------
    budget_ms
        T: no frame may be older when the last of it is gone.
    patience_s
        How long after its deadline a copy may be unaccounted for.

    Attributes
    ----------
    models
        Digest of the model pack of each instance of detect, as its tickets say.
    software
        Digest of the software of each holder, likewise.
    """

    def __init__(self, clock: Clock, *, budget_ms: int, patience_s: float = 10.0) -> None:
        self._clock = clock
        self._since = self._forgot = instant(clock)
        self._copies = CopyLedger(budget_ms)
        self._frames = FrameLedger(self._copies, budget_ms, self._since)
        self._slots = SlotBook(self._copies, self._frames, budget_ms)
        self._attention = Attention(self._since, patience_s)
        self._grounds: list[Ground] = []
        self.models: dict[str, str] = {}
        self.software: dict[HolderName, str] = {}

    def hear_ticket(self, ticket: KeyTicket, *, is_newest: bool = True) -> None:
        """Take a verified ticket.

        Also one that comes late or once more: what it says was destroyed stays so. Only the newest
        of a holder tells which model pack it works with.
        """
        self._attention.hear(instant(self._clock))
        self._copies.hear(ticket)
        if ticket.model and is_newest:
            self.models[ticket.instance_id] = ticket.model
        if ticket.software and is_newest:
            self.software[holder_name(ticket)] = ticket.software

    def hear_grant(self, granted: KeyGranted) -> None:
        """Take a verified grant."""
        if self._copies.grant(granted, instant(self._clock)):
            self._slots.open(granted)

    def hear_slot(self, closed: SlotClosed) -> None:
        """Take a camera's counts."""
        self._frames.close_slot(closed)

    def hear_frame(self, processed: FrameProcessed) -> None:
        """Take a frame's counts."""
        self._frames.process(processed)

    def hear_probe(self, decided: ProbeDecided) -> None:
        """Take a probe's end."""
        self._frames.decide(decided)

    def settle(self) -> None:
        """Settle what is over. Called a few times a second."""
        now = instant(self._clock)
        self._frames.settle(now)
        self._find_grounds(now)
        self._slots.settle(now)
        if now.since_us(self._forgot) > _FORGET_US:
            self._frames.forget(now)
            self._copies.trim(now, _KEEP_US)
            self._forgot = now

    def conclude(self) -> None:
        """Settle, and close the slots that were told of, without waiting for more."""
        now = instant(self._clock)
        self._frames.settle(now)
        self._slots.conclude()

    def suspect(self, grounds: Iterable[Ground]) -> None:
        """Take grounds that were found beside the account."""
        self._grounds += grounds

    def take_grounds(self) -> list[Ground]:
        """Return the grounds to suspend a deployment that were found since the last call."""
        taken, self._grounds = self._grounds, []
        return taken

    def _find_grounds(self, now: Instant) -> None:
        for slot, deployment_id in self._slots.take_overdue(self._attention, now):
            self._grounds.append(Ground(deployment_id, slot, SuspensionGround.COPY_OPEN))
        for each in self._frames.suspicions:
            deployment = self._slots.deployment_of(each.slot, each.lane)
            if deployment is not None:
                self._grounds.append(Ground(deployment, each.slot, each.ground))
        self._frames.suspicions.clear()

    def take_closed(self) -> list[ClosedSlot]:
        """Return the slots that were closed since the last call."""
        return self._slots.take_closed()

    def take_dropped_without_key(self) -> dict[str, int]:
        """Return by deployment how many frames were dropped without a key since the last call."""
        dropped = dict(self._frames.dropped_without_key)
        self._frames.dropped_without_key.clear()
        return dropped

    def account(self) -> Account:
        """Return the account of now."""
        now: Instant = instant(self._clock)
        frames = self._frames
        cameras = frames.cameras
        refused = frames.outcomes[FrameOutcome.REFUSED] + frames.outcomes[FrameOutcome.UNREADABLE]
        return Account(
            since=self._since.isoformat(),
            frames={
                "offered": sum(c.offered for c in cameras.values()),
                "captured": sum(c.captured for c in cameras.values()),
                "dropped": sum(sum(c.dropped.values()) for c in cameras.values()),
                "processed": frames.outcomes[FrameOutcome.PROCESSED] + refused,
                "expired": frames.outcomes[FrameOutcome.EXPIRED],
                "lost": frames.lost,
                "unreadable": refused,
                "reconstructed": frames.reconstructed,
            },
            faces={
                "seen": frames.faces_seen,
                "probes": frames.probes,
                "discarded": dict(frames.discarded),
            },
            decisions={
                **{outcome.value: frames.decisions[outcome] for outcome in ProbeOutcome},
                "lost": frames.probes_lost,
            },
            latency_ms={"capture_to_decision": frames.decision_latency.summary(_LATENCIES)},
            erasure_age_ms=frames.ages.summary(_AGES),
            unerased=frames.unerased(now),
            settled=frames.unsettled() == 0,
            cameras={
                name: {
                    "offered": c.offered,
                    "captured": c.captured,
                    "dropped": dict(c.dropped),
                    "garbled": c.garbled,
                    "ended": c.ended,
                    "fault": c.fault,
                    "state": c.state,
                    "trouble": c.trouble,
                }
                for name, c in cameras.items()
            },
            copies={ending.value: self._copies.endings[ending] for ending in Ending},
        )
