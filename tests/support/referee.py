"""What must hold whatever happens to keys: it is checked after every step of the state machine.

What lies in the holders' key memory is compared with what may lie there, counted in each holder's
own clock and in true time.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from hypothesis.stateful import RuleBasedStateMachine, invariant
from tests.support.clocks import FakeClock
from tests.support.forgetting import FakeSwitch, Witness

from lethe.contracts.keys import Role
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED
from lethe.shredding.holder import Holder
from lethe.shredding.terms import Life

BUDGET_US = 1_000_000
TICK_MS = 5
_LIFE = Life()
_DEATH_US = (_LIFE.budget_ms - _LIFE.kill_margin_ms) * 1000
_WIPE_US = (_LIFE.budget_ms - _LIFE.margin_ms) * 1000


@dataclass
class Process:
    """One run of a holder's process, as the referee sees it."""

    holder: Holder
    switch: FakeSwitch
    hung: bool = False
    sent_us: dict[int, int] = field(default_factory=dict)
    slot_sent_us: dict[str, int] = field(default_factory=dict)
    used: set[tuple[str, Purpose, int]] = field(default_factory=set)
    ticket_slots: dict[bytes, set[str]] = field(default_factory=dict)
    copies: list[tuple[AbstractContextManager[memoryview], SealAddress]] = field(
        default_factory=list
    )


@dataclass
class Record:
    """A sealed record under way."""

    topic: str
    address: SealAddress
    sealed: bytes
    content: bytes
    captured_true_us: int

    def changed(self, change: str) -> tuple[SealAddress, str]:
        """Return the address and the topic of the record, one part of them another."""
        address = self.address
        if change == "topic":
            other = PROBE_EXTRACTED if self.topic == FRAME_CAPTURED.name else FRAME_CAPTURED
            return address, other.name
        others = {
            "deployment_id": "another",
            "order_hash": "0" * 64,
            "lane": "gate-2",
            "slot": "leader-1",
            "number": address.number + 1,
            "purpose": next(each for each in Purpose if each is not address.purpose),
            "captured": address.captured.shifted_to(address.captured.boot_us + 1),
            "frame_number": address.frame_number + 1,
        }
        return address.model_copy(update={change: others[change]}), self.topic


class Referee(RuleBasedStateMachine):
    """Watches over the processes of a machine."""

    witness: Witness
    clocks: dict[Role, FakeClock]
    processes: dict[Role, Process]

    @invariant()
    def no_key_lives_too_long_or_again(self) -> None:
        for role, process in self.processes.items():
            now_us = self.clocks[role].boot_us()
            limit_us = _DEATH_US if process.hung else _WIPE_US
            limit_us += TICK_MS * 1001
            assert limit_us <= BUDGET_US
            for slot, _, purpose, number in self.witness.live_numbers(process.holder):
                assert (slot, purpose, number) not in process.used, "a used key is still there"
                assert now_us - process.slot_sent_us[slot] <= limit_us, "a key outlives its ticket"

    @invariant()
    def the_switch_is_armed_in_time(self) -> None:
        for process in self.processes.values():
            live = {name[0] for name in self.witness.live_numbers(process.holder)}
            live |= {address.slot for _, address in process.copies}
            sent = [process.slot_sent_us[slot] for slot in live]
            sent += [ticket.sent.boot_us for ticket in process.holder._tickets.waiting.values()]
            at_us = process.switch.at_us
            if sent:
                assert at_us is not None, "the switch is disarmed while something is held"
                assert at_us <= min(sent) + _DEATH_US, "the switch is armed too late"
            else:
                assert at_us is None, "the switch is armed with nothing in hand"
