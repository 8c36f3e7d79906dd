"""Tickets, grants and reports of one camera, made by hand for the accountant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from tests.support.clocks import FakeClock, TrueTime
from tests.support.forgetting import CAMERA

from lethe.contracts.instants import Instant
from lethe.contracts.keys import (
    CloseReason,
    DestroyedKeys,
    GrantedKey,
    KeyGranted,
    KeyTicket,
    Predecessor,
    Role,
)
from lethe.contracts.live import (
    CapturedFrame,
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.sealed import Purpose
from lethe.purge.accountant import Account, Accountant

GRANTED = {
    Role.INGEST: (Purpose.FRAME,),
    Role.DETECT: (Purpose.FRAME, Purpose.PROBE),
    Role.MATCH: (Purpose.PROBE,),
}
BEGINS_MS = 10_000


def run_of(role: Role) -> str:
    """Return the boot of a role's first run."""
    return f"run-{role.value}"


@dataclass
class Books:
    """An accountant that began long ago, and messages dated in milliseconds of its clock."""

    time: TrueTime = field(default_factory=TrueTime)

    def __post_init__(self) -> None:
        self.clock = FakeClock(self.time)
        self.accountant = Accountant(self.clock, budget_ms=1000)
        self._start_us = self.clock.boot_us()
        self.time.advance_ms(BEGINS_MS)

    def at(self, milliseconds: int) -> Instant:
        """Return a moment after the first slot's tickets."""
        origin = self.clock.now()
        return origin.shifted_to(self._start_us + (BEGINS_MS + milliseconds) * 1000)

    def later(self, milliseconds: int) -> None:
        """Let time pass and settle."""
        self.time.advance_ms(milliseconds)
        self.accountant.settle()

    def ticket(
        self,
        role: Role,
        sequence: int,
        sent_ms: int,
        *,
        boot: str | None = None,
        destroyed: Sequence[DestroyedKeys] = (),
        started_ms: int = -9_000,
        predecessor: Predecessor | None = None,
        leaving: bool = False,
    ) -> KeyTicket:
        """Return a ticket of a role's only instance."""
        return KeyTicket(
            instance_id=f"{role.value}-1",
            role=role,
            boot=boot or run_of(role),
            sequence=sequence,
            sent=self.at(sent_ms),
            public_key=b"",
            destroyed=list(destroyed),
            started=self.at(started_ms),
            predecessor=predecessor,
            leaving=leaving,
        )

    def grant(
        self,
        ticket: KeyTicket,
        slot: str,
        made_ms: int,
        purposes: Sequence[Purpose] = (),
        *,
        after_ms: int = 0,
    ) -> KeyGranted:
        """Return the grant of a slot's keys to a ticket: those of its role if none are named."""
        keys = [
            GrantedKey(
                slot=slot,
                after_ms=after_ms,
                lane=CAMERA,
                purpose=p,
                deployment_id="d",
                order_hash="o",
                commitment=b"c",
            )
            for p in purposes or GRANTED[ticket.role]
        ]
        return KeyGranted(
            term="term",
            slot=slot,
            made=self.at(made_ms),
            holder=ticket.instance_id,
            boot=ticket.boot,
            role=ticket.role,
            ticket_sequence=ticket.sequence,
            ticket_hash=sha256(ticket.encode()).digest(),
            keys=keys,
            sealed=b"",
        )

    def destroyed(
        self,
        slot: str,
        purpose: Purpose,
        numbers: dict[int, int],
        *,
        closed_ms: int | None = None,
    ) -> DestroyedKeys:
        """Return what a holder tells of one slot key: numbers with their moments."""
        return DestroyedKeys(
            slot=slot,
            lane=CAMERA,
            purpose=purpose,
            numbers=list(numbers),
            at_boot_us=[self.at(ms).boot_us for ms in numbers.values()],
            closed_at_boot_us=None if closed_ms is None else self.at(closed_ms).boot_us,
            reason=None if closed_ms is None else CloseReason.SUPERSEDED,
        )

    def closed(
        self, slot: str | None, at_ms: int, captured: dict[int, int], dropped: int = 0
    ) -> SlotClosed:
        """Return ingest's counts."""
        return SlotClosed(
            camera_id=CAMERA,
            deployment_id="d",
            instance_id="ingest-1",
            slot=slot,
            closed=self.at(at_ms),
            offered=len(captured) + dropped,
            captured=[
                CapturedFrame(number=n, captured_boot_us=self.at(ms).boot_us)
                for n, ms in captured.items()
            ],
            dropped={"no-key": dropped} if dropped else {},
        )

    def processed(
        self,
        slot: str,
        number: int,
        captured_ms: int,
        probes: Sequence[int] = (),
        outcome: FrameOutcome = FrameOutcome.PROCESSED,
    ) -> FrameProcessed:
        """Return detect's counts of a frame."""
        return FrameProcessed(
            camera_id=CAMERA,
            deployment_id="d",
            slot=slot,
            number=number,
            captured=self.at(captured_ms),
            at=self.at(captured_ms + 40),
            outcome=outcome,
            faces_seen=len(probes),
            probes=list(probes),
        )

    def decided(
        self,
        slot: str,
        probe: int,
        frame: int,
        captured_ms: int,
        outcome: ProbeOutcome = ProbeOutcome.NON_MATCH,
    ) -> ProbeDecided:
        """Return match's end of a probe."""
        return ProbeDecided(
            camera_id=CAMERA,
            deployment_id="d",
            slot=slot,
            number=probe,
            frame_number=frame,
            captured=self.at(captured_ms),
            at=self.at(captured_ms + 90),
            outcome=outcome,
        )

    def open_slot(self, slot: str = "s1") -> None:
        """Hear everybody's tickets and grants of a slot that begins at 0."""
        for role in GRANTED:
            ticket = self.ticket(role, 1, 0)
            self.accountant.hear_ticket(ticket)
            self.accountant.hear_grant(self.grant(ticket, slot, 10))

    def one_frame(self) -> None:
        """Hear of a slot with one frame, which has one probe; nobody has acknowledged it."""
        self.open_slot()
        self.accountant.hear_slot(self.closed("s1", 230, {0: 100}))
        self.accountant.hear_frame(self.processed("s1", 0, 100, [0]))
        self.accountant.hear_probe(self.decided("s1", 0, 0, 100))


def adds_up(account: Account) -> None:
    """Check that every frame, face and probe has one end."""
    frames, faces, decisions = account["frames"], account["faces"], account["decisions"]
    assert frames["offered"] == frames["captured"] + frames["dropped"]
    assert frames["captured"] == frames["processed"] + frames["expired"] + frames["lost"]
    assert faces["probes"] == sum(decisions.values())
    assert faces["seen"] == faces["probes"]
