"""A state machine that does to key traffic whatever a network, a clock and a kernel can do."""

import os
from collections import Counter
from typing import ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import initialize, rule
from tests.support.clocks import FakeClock, TrueTime
from tests.support.forgetting import (
    ALL_PARTITIONS,
    CAMERA,
    STEP,
    Entropy,
    FakeSwitch,
    Witness,
    address_of,
    an_order,
    book_with,
    heard,
    open_frame,
    seal_frame,
)
from tests.support.referee import BUDGET_US, TICK_MS, Process, Record, Referee

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import KeyGranted, KeyTicket, Role
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED
from lethe.purge.custodian import Custodian
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

_ROLES = (Role.INGEST, Role.DETECT, Role.MATCH)
_WHO = st.sampled_from(_ROLES)
_CHANGES = st.sampled_from((*SealAddress.model_fields, "topic"))
_PICK = st.integers(min_value=0, max_value=30)


class Forgetting(Referee):
    """Holders, a leader and a standby, with a courier that does as it likes."""

    trust: ClassVar[LocalTrust]
    holder_type: ClassVar[type[Holder]] = Holder
    seen: ClassVar[Counter[str]] = Counter()

    @initialize(
        drifts=st.tuples(*[st.integers(-200, 200)] * 3),
        offsets=st.tuples(*[st.integers(-40, 40)] * 3),
    )
    def begin(self, drifts: tuple[int, ...], offsets: tuple[int, ...]) -> None:
        self.time = TrueTime()
        self.witness = Witness(Entropy(os.urandom))
        book = book_with(self.trust, an_order())
        self.clocks = {
            role: FakeClock(self.time, f"boot-{role}", drift, 10**9 * i, offset * 1000)
            for i, (role, drift, offset) in enumerate(zip(_ROLES, drifts, offsets, strict=True))
        }
        self.purge_clock = FakeClock(self.time, "boot-purge")
        self.custodians = [
            Custodian(
                book, Suspensions(book), self.purge_clock, term=term, entropy=self.witness.entropy
            )
            for term in ("leader", "standby")
        ]
        self.boots = 0
        self.processes = {role: self._start(role) for role in _ROLES}
        self.tickets: list[KeyTicket] = []
        self.grants: list[KeyGranted] = []
        self.records: list[Record] = []
        self.granted_to: set[tuple[str, bytes]] = set()

    def _start(self, role: Role) -> Process:
        self.boots += 1
        switch = FakeSwitch()
        name = f"{role.value}-1"
        holder = self.holder_type(
            name, role, f"run-{self.boots}", clock=self.clocks[role], switch=switch
        )
        return Process(holder, switch)

    # --- what happens ------------------------------------------------------------------------

    @rule(milliseconds=st.integers(1, 500))
    def time_passes(self, milliseconds: int) -> None:
        for _ in range(0, milliseconds, TICK_MS):
            self.time.advance_ms(TICK_MS)
            for role, process in list(self.processes.items()):
                if not process.hung:
                    process.holder.reap()
                self._kernel(role, process)

    def _kernel(self, role: Role, process: Process) -> None:
        """Kill a process whose switch is due; what it held goes with it."""
        at_us = process.switch.at_us
        if at_us is not None and self.clocks[role].boot_us() >= at_us:
            assert process.hung or process.copies, "the switch fired in a healthy process"
            self.seen["killed"] += 1
            self.processes[role] = self._start(role)

    @rule(who=_WHO)
    def a_process_hangs(self, who: Role) -> None:
        self.processes[who].hung = True

    @rule(who=_WHO)
    def a_process_is_stopped_for_long(self, who: Role) -> None:
        self.a_process_hangs(who)
        self.time_passes(500)
        self.time_passes(600)

    @rule(who=_WHO)
    def a_process_goes_on(self, who: Role) -> None:
        self.processes[who].hung = False
        self.processes[who].holder.reap()

    @rule(who=_WHO, milliseconds=st.integers(-5_000, 5_000))
    def a_wall_clock_is_stepped(self, who: Role, milliseconds: int) -> None:
        self.clocks[who].step_wall(milliseconds)

    @rule(who=_WHO)
    def a_wall_clock_stands_still_or_is_set(self, who: Role) -> None:
        clock = self.clocks[who]
        if clock.stands_at_us is None:
            clock.stop_wall()
        else:
            clock.stands_at_us, clock.wall_offset_us = None, 0

    @rule(who=_WHO)
    def a_ticket_is_sent(self, who: Role) -> None:
        process = self.processes[who]
        if process.hung:
            return
        ticket = process.holder.issue_ticket(ALL_PARTITIONS)
        process.sent_us[ticket.sequence] = self.clocks[who].boot_us()
        self.tickets.append(ticket)

    @rule(pick=_PICK, to=st.sampled_from((0, 1)), again=st.booleans())
    def a_ticket_arrives(self, pick: int, to: int, again: bool) -> None:
        if self.tickets:
            index = pick % len(self.tickets)
            ticket = self.tickets[index] if again else self.tickets.pop(index)
            self.custodians[to].hear(heard(ticket, instant(self.purge_clock)))

    @rule(to=st.sampled_from((0, 1)))
    def keys_are_made(self, to: int) -> None:
        for granted in self.custodians[to].make():
            name = (granted.term, granted.ticket_hash)
            assert name not in self.granted_to, "one custodian granted a ticket twice"
            self.granted_to.add(name)
            self.witness.learn(granted)
            self.grants.append(granted)

    @rule(pick=_PICK, again=st.booleans())
    def a_grant_arrives(self, pick: int, again: bool) -> None:
        if self.grants:
            index = pick % len(self.grants)
            self._accept(self.grants[index] if again else self.grants.pop(index))

    def _accept(self, granted: KeyGranted) -> None:
        process = self.processes[granted.role]
        if process.hung:
            return
        try:
            held = process.holder.accept(granted)
        except Erased:
            self.seen["late grants"] += 1
            return
        assert granted.boot == process.holder.boot
        slots = process.ticket_slots.setdefault(granted.ticket_hash, set())
        slots.add(granted.slot)
        assert len(slots) == 1, "two grants were held for one ticket"
        for named in granted.keys:
            # The life of a slot's key begins with the slot.
            sent_us = process.sent_us[granted.ticket_sequence]
            process.slot_sent_us[named.slot] = sent_us + named.after_ms * 1000
        self.seen["held"] += len(held)

    @rule(content=st.binary(max_size=64))
    def a_frame_is_captured(self, content: bytes) -> None:
        process = self.processes[Role.INGEST]
        sealed = None if process.hung else seal_frame(process.holder, content)
        if sealed is not None:
            address, body = sealed
            process.used.add((address.slot, Purpose.FRAME, address.number))
            self.records.append(Record(FRAME_CAPTURED.name, address, body, content, self.time.us))
            self.seen["sealed"] += 1

    @rule(pick=_PICK, again=st.booleans(), lingers=st.booleans())
    def a_record_arrives(self, pick: int, again: bool, lingers: bool) -> None:
        if self.records:
            index = pick % len(self.records)
            record = self.records[index] if again else self.records.pop(index)
            self._open(record, lingers=lingers)

    def _open(self, record: Record, *, lingers: bool) -> None:
        role = Role.DETECT if record.topic == FRAME_CAPTURED.name else Role.MATCH
        process = self.processes[role]
        name = (record.address.slot, record.address.purpose, record.address.number)
        if process.hung:
            return
        buffer = memoryview(bytearray(4 * STEP))
        block = process.holder.opening(record.topic, record.address, record.sealed, buffer)
        try:
            content = block.__enter__()
        except Erased:
            self.seen["erased before opening"] += 1
            return
        assert name not in process.used, "a key was used twice"
        process.used.add(name)
        assert bytes(content) == record.content
        age_us = self.time.us - record.captured_true_us
        assert age_us <= BUDGET_US * 1.0003, "opened after its deadline"
        self.seen["opened"] += 1
        if role is Role.DETECT:
            self._probe(process.holder, record, content)
        if lingers:
            process.copies.append((block, record.address))
        else:
            block.__exit__(None, None, None)

    def _probe(self, detect: Holder, frame: Record, content: memoryview) -> None:
        reservation = detect.reserve(CAMERA, Purpose.PROBE, slot=frame.address.slot)
        if reservation is None:
            return
        address = address_of(reservation, frame.address.captured)
        try:
            sealed = detect.seal(PROBE_EXTRACTED.name, address, content, step=STEP)
        finally:
            detect.finish(reservation)
        used = (address.slot, Purpose.PROBE, address.number)
        self.processes[Role.DETECT].used.add(used)
        copied = bytes(content)
        self.records.append(
            Record(PROBE_EXTRACTED.name, address, sealed, copied, frame.captured_true_us)
        )
        self.seen["probes"] += 1

    @rule(who=_WHO)
    def clear_copies_are_done_with(self, who: Role) -> None:
        process = self.processes[who]
        for block, _ in process.copies:
            block.__exit__(None, None, None)
        process.copies.clear()

    @rule(pick=_PICK, change=_CHANGES)
    def a_forged_record_arrives(self, pick: int, change: str) -> None:
        if self.records:
            self._forge(self.records[pick % len(self.records)], change)

    def _forge(self, record: Record, change: str) -> None:
        """Move or re-date a record; it must not open, and must not spend the genuine one's key."""
        address, topic = record.changed(change)
        if (address, topic) == (record.address, record.topic):
            return
        for role in (Role.DETECT, Role.MATCH):
            try:
                open_frame(self.processes[role].holder, address, record.sealed, topic)
            except (Refused, Erased) as refusal:
                self.seen[type(refusal).__name__] += 1
            else:
                raise AssertionError("a moved or re-dated record opened")

    @rule(who=_WHO)
    def a_holder_lets_go(self, who: Role) -> None:
        self.processes[who].holder.release_all()

    @rule(who=_WHO, lets_go=st.booleans())
    def everything_is_replayed(self, who: Role, lets_go: bool) -> None:
        if lets_go:
            self.a_holder_lets_go(who)
        for ticket in self.tickets:
            for custodian in self.custodians:
                custodian.hear(heard(ticket, instant(self.purge_clock)))
        for granted in self.grants:
            self._accept(granted)
        for record in list(self.records):
            self._open(record, lingers=False)

    @rule(content=st.binary(max_size=64), change=_CHANGES)
    def a_slot_goes_well(self, content: bytes, change: str) -> None:
        for role in _ROLES:
            self.clocks[role].stands_at_us, self.clocks[role].wall_offset_us = None, 0
            self.a_process_goes_on(role)
            self.a_ticket_is_sent(role)
        self.time.advance_ms(3)
        for ticket in self.tickets[-3:]:
            self.custodians[0].hear(heard(ticket, instant(self.purge_clock)))
        before = len(self.grants)
        self.keys_are_made(0)
        for granted in self.grants[before:]:
            self._accept(granted)
        sealed = len(self.records)
        self.a_frame_is_captured(content)
        for record in self.records[sealed:]:
            self._forge(record, change)
            self._open(record, lingers=False)
