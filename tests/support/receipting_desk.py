"""One instance of purge on a real disk, and what its services tell it."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import CAMERA, LIST, an_order, book_with
from tests.support.pipeline import CAMERA_ROLES
from tests.support.receipts import SIGNER, verify

from lethe.contracts.instants import Instant
from lethe.contracts.keys import CloseReason, DestroyedKeys, KeyGranted, KeyTicket, Role
from lethe.contracts.live import (
    CapturedFrame,
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.sealed import Purpose
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.custodian import Custodian
from lethe.purge.log_folder import LogFolder, log_files
from lethe.purge.receipting import Receipting
from lethe.purge.told import Origin
from lethe.receipts.entry import Entry
from lethe.receipts.parsing import parse_entry
from lethe.receipts.verifying import Verdict
from lethe.shredding.trust import LocalTrust

_Kind = TypeVar("_Kind", bound=Entry)

MODEL, PROGRAM = "ab" * 32, "ef" * 32
_HELD = LIST.model_copy(update={"model": MODEL})
_PURPOSES = {
    Role.INGEST: (Purpose.FRAME,),
    Role.DETECT: (Purpose.FRAME, Purpose.PROBE),
    Role.MATCH: (Purpose.PROBE,),
}


class Desk:
    """One instance of purge: a custodian, the account, and receipts on a real disk."""

    def __init__(self, trust: LocalTrust, folder: Path, slots: int = 1) -> None:
        self.folder, self.slots = folder, slots
        self.custody = Custody(book_with(trust, an_order()), slots)
        self.clock = self.custody.clock
        self.accountant = Accountant(self.clock, budget_ms=1000)
        self.anchoring = Anchoring()
        self.receipting = Receipting(
            LogFolder(folder, SIGNER, "purge-1"),
            Origin("purge-1", "cd" * 32, 1000),
            accountant=self.accountant,
            orders=self.custody.custodian._orders,
            suspensions=self.custody.suspensions,
            anchoring=self.anchoring,
            clock=self.clock,
        )

    async def begin(self, term: str) -> None:
        """Begin a term with a custodian of its own."""
        await self.receipting.begin(term)
        orders = self.custody.custodian._orders
        self.custody.custodian = Custodian(
            orders, self.custody.suspensions, self.clock, term=term, slots=self.slots
        )

    def made(self) -> list[KeyGranted]:
        """Return the grants of a slot, with everybody's ticket in hand."""
        for role in CAMERA_ROLES:
            ticket = self.custody.ticket(
                role,
                model=MODEL if role is Role.DETECT else "",
                software=PROGRAM,
                lists=[_HELD],
            )
            self.custody.hear(ticket)
            self.accountant.hear_ticket(ticket)
        return self.custody.custodian.make()

    async def slot(self) -> str:
        """Grant a slot, let a frame with three faces pass, let everybody acknowledge."""
        granted = self.made()
        await self.receipting.tell(granted)
        slot = granted[0].slot
        self.custody.time.advance_ms(60)
        captured = self.clock.now()
        self.custody.time.advance_ms(100)
        self.report(slot, captured)
        self.acknowledge(slot)
        self.custody.time.advance_ms(40)
        return slot

    def counted(self, slot: str | None, **changes: object) -> SlotClosed:
        """Return ingest's counts of a slot, none without changes."""
        content: dict[str, object] = {
            "camera_id": CAMERA,
            "deployment_id": "deployment-1",
            "instance_id": "ingest-1",
            "slot": slot,
            "closed": self.clock.now(),
            "offered": 0,
        }
        return SlotClosed.model_validate(content | changes)

    def report(self, slot: str, captured: Instant) -> None:
        """Let everybody tell of a frame with three faces, and of one that was dropped."""
        at = self.clock.now()
        frame = {"camera_id": CAMERA, "deployment_id": "deployment-1"}
        self.accountant.hear_slot(
            self.counted(
                slot,
                offered=2,
                captured=[CapturedFrame(number=0, captured_boot_us=captured.boot_us)],
                dropped={"late": 1},
            )
        )
        self.accountant.hear_frame(
            FrameProcessed(
                **frame,
                slot=slot,
                number=0,
                captured=captured,
                at=at,
                outcome=FrameOutcome.PROCESSED,
                faces_seen=3,
                probes=[0, 1],
                discarded={"small": 1},
            )
        )
        for number, outcome in enumerate((ProbeOutcome.NON_MATCH, ProbeOutcome.CANDIDATES)):
            self.accountant.hear_probe(
                ProbeDecided(
                    **frame,
                    slot=slot,
                    number=number,
                    frame_number=0,
                    captured=captured,
                    at=at,
                    outcome=outcome,
                )
            )

    def acknowledge(self, slot: str, *roles: Role) -> None:
        """Let holders tell that they destroyed their copies; all of them, if none are named."""
        for role in roles or CAMERA_ROLES:
            self.accountant.hear_ticket(self._acknowledging(role, slot))

    def _acknowledging(self, role: Role, slot: str) -> KeyTicket:
        now_us = self.clock.boot_us()
        destroyed = [
            DestroyedKeys(
                slot=slot,
                lane=CAMERA,
                purpose=purpose,
                numbers=[0, 1] if purpose is Purpose.PROBE else [0],
                at_boot_us=[now_us] * (2 if purpose is Purpose.PROBE else 1),
                closed_at_boot_us=now_us,
                reason=CloseReason.USED,
            )
            for purpose in _PURPOSES[role]
        ]
        return self.custody.ticket(role, destroyed=destroyed)

    async def later(self, seconds: float) -> None:
        """Let time pass, settling every quarter of a second."""
        for _ in range(round(seconds * 4)):
            self.custody.time.advance_ms(250)
            self.accountant.settle()
            await self.receipting.settle()

    def entries(self) -> list[Entry]:
        """Return every entry on the disk."""
        return [
            parse_entry(line)
            for path in log_files(self.folder)
            for line in path.read_bytes().splitlines()
            if line.startswith(b"{")
        ]

    def verified(self) -> Verdict:
        """Verify all logs, one after the other, as they lie there."""
        files = [path.read_bytes().splitlines(keepends=True) for path in log_files(self.folder)]
        return verify([files[0][0], *(line for lines in files for line in lines[2:])])


def of_kind(desk: Desk, kind: type[_Kind]) -> list[_Kind]:
    return [entry for entry in desk.entries() if isinstance(entry, kind)]


def during_the_next_sync(
    monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Coroutine[None, None, None]]
) -> None:
    """Let something happen on the event loop while the disk makes the next entries durable."""
    fdatasync, loop = os.fdatasync, asyncio.get_running_loop()

    def slow(descriptor: int) -> None:
        monkeypatch.setattr(os, "fdatasync", fdatasync)
        asyncio.run_coroutine_threadsafe(happens(), loop).result()
        fdatasync(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
