"""Keys end when they are due: without a database, after a restart, whatever the clocks do."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.clocks import WALL_US, FakeClock
from tests.support.keyrings import MemoryClockMemory, MemoryKeyStore, a_keyring, keyring_in

from lethe.alert.clock_file import ClockFile
from lethe.alert.errors import KeyStoreUnavailable
from lethe.alert.keyring import Keyring
from lethe.alert.keystores.port import StoredKey
from lethe.alert.retention import PERIOD_S, RetentionScheduler
from lethe.alert.retention_clock import Mark, RetentionClock
from lethe.contracts.errors import Erased

HOUR_MS = 3_600_000
HOUR_US = HOUR_MS * 1000


@dataclass
class Machine:
    """A machine with a keyring, that can be started again and lose its time of day."""

    clock: FakeClock = field(default_factory=FakeClock)
    store: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    memory: MemoryClockMemory = field(default_factory=MemoryClockMemory)
    boots: int = 0

    def __post_init__(self) -> None:
        self.keyring = self._keyring()

    def _keyring(self) -> Keyring:
        keyring = a_keyring(self.store, self.clock, self.memory)
        keyring.keep_time()
        return keyring

    def restart_process(self) -> None:
        self.keyring = self._keyring()

    def reboot(self) -> None:
        self.boots += 1
        self.clock.boot_id = f"boot-{self.boots}"
        self.clock.boot_offset_us = -self.clock.time.us
        self.keyring = self._keyring()

    def opens(self, name: str) -> bool:
        try:
            return len(self.keyring.open(name)) == 32
        except Erased:
            return False


def test_a_key_opens_until_it_is_due_and_is_gone_from_then_on() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.time.advance_ms(HOUR_MS - 1)
    assert machine.opens("alert-1")
    machine.clock.time.advance_ms(1)
    assert not machine.opens("alert-1")
    assert machine.store.names() == [], "it was refused and still lies there"


def test_a_key_that_is_due_leaves_no_copy_with_whoever_refuses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine, read = Machine(), list[StoredKey]()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.time.advance_ms(HOUR_MS)
    reading = machine.store.read

    def noted(name: str) -> StoredKey:
        read.append(reading(name))
        return read[-1]

    monkeypatch.setattr(machine.store, "read", noted)
    assert not machine.opens("alert-1")
    assert [any(each.secret) for each in read] == [False]


def test_what_is_due_is_destroyed_and_nothing_else() -> None:
    machine = Machine()
    for name, life_us in (("due", HOUR_US), ("later", 2 * HOUR_US), ("for-good", None)):
        machine.keyring.create(name, life_us)
    assert machine.keyring.destroy_due() == 0
    machine.clock.time.advance_ms(HOUR_MS)
    assert machine.keyring.destroy_due() == 1
    assert machine.keyring.names() == ["for-good", "later"]


def test_one_that_cannot_be_destroyed_keeps_none_of_the_others_and_is_not_given_out() -> None:
    machine = Machine()
    for name in ("a", "b", "c"):
        machine.keyring.create(name, HOUR_US)
    machine.store.broken = {"a"}
    machine.clock.time.advance_ms(HOUR_MS)
    with pytest.raises(KeyStoreUnavailable):
        machine.keyring.destroy_due()
    assert machine.keyring.names() == ["a"]
    with pytest.raises(KeyStoreUnavailable):
        machine.keyring.open("a")


def test_the_wall_clock_set_back_lengthens_no_life() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.step_wall(-30 * 24 * HOUR_MS)
    machine.clock.time.advance_ms(HOUR_MS - 1)
    assert machine.opens("alert-1")
    machine.restart_process()
    machine.clock.time.advance_ms(1)
    assert not machine.opens("alert-1")


def test_the_wall_clock_set_back_before_a_reboot_lengthens_no_life() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.time.advance_ms(HOUR_MS / 2)
    machine.keyring.keep_time()
    machine.clock.step_wall(-30 * 24 * HOUR_MS)
    machine.reboot()
    machine.clock.time.advance_ms(HOUR_MS / 2)
    assert not machine.opens("alert-1")


def test_time_that_a_machine_sleeps_counts() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.stop_wall()
    # The boot clock goes on while the machine sleeps.
    machine.clock.time.advance_ms(HOUR_MS)
    assert not machine.opens("alert-1")


def test_time_that_a_virtual_machine_was_paused_counts_once_its_wall_clock_is_put_right() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.step_wall(HOUR_MS)
    assert not machine.opens("alert-1")


def test_a_wall_clock_that_ran_ahead_for_a_while_makes_no_later_life_longer() -> None:
    machine = Machine()
    machine.clock.step_wall(365 * 24 * HOUR_MS)
    machine.keyring.destroy_due()
    machine.clock.step_wall(-365 * 24 * HOUR_MS)
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.time.advance_ms(HOUR_MS - 1)
    assert machine.opens("alert-1")
    machine.clock.time.advance_ms(1)
    assert not machine.opens("alert-1")


_HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 20 * 60_000)),
        st.tuples(st.just("step"), st.integers(-40 * 24 * HOUR_MS, 40 * 24 * HOUR_MS)),
        st.tuples(st.sampled_from(["restart", "reboot", "keep"]), st.just(0)),
    ),
    max_size=20,
)


@given(happenings=_HAPPENINGS)
@settings(max_examples=200, deadline=None)
def test_whatever_happens_to_clock_and_process_a_life_is_never_longer(
    happenings: list[tuple[str, int]],
) -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    began_us = machine.clock.time.us
    for what, milliseconds in happenings:
        if what == "pass":
            machine.clock.time.advance_ms(milliseconds)
        elif what == "step":
            machine.clock.step_wall(milliseconds)
        elif what == "restart":
            machine.restart_process()
        elif what == "reboot":
            # Of a boot nothing is lost that the scheduler has written down by its end.
            machine.keyring.keep_time()
            machine.reboot()
        else:
            machine.keyring.keep_time()
        if machine.clock.time.us - began_us >= HOUR_US:
            assert not machine.opens("alert-1")


def test_a_restart_within_a_boot_needs_no_mark_but_the_one_from_its_start() -> None:
    machine = Machine()
    machine.keyring.create("alert-1", HOUR_US)
    machine.clock.step_wall(-30 * 24 * HOUR_MS)
    machine.clock.time.advance_ms(HOUR_MS)
    machine.restart_process()
    assert not machine.opens("alert-1")


def test_two_instances_go_on_from_whichever_mark_is_further(tmp_path: Path) -> None:
    memory, clock = ClockFile(tmp_path), FakeClock()
    ahead, behind = (RetentionClock(clock, memory) for _ in range(2))
    clock.step_wall(HOUR_MS)
    ahead.keep()
    clock.step_wall(-HOUR_MS)
    behind.keep()
    assert behind.now_us() == ahead.now_us() == WALL_US + HOUR_US


def test_due_times_and_the_clock_outlive_the_process_in_files(tmp_path: Path) -> None:
    clock = FakeClock()
    before = keyring_in(tmp_path, clock)
    before.create("alert-1", HOUR_US)
    before.keep_time()
    clock.step_wall(-30 * 24 * HOUR_MS)
    clock.time.advance_ms(HOUR_MS - 1)
    assert len(keyring_in(tmp_path, clock).open("alert-1")) == 32
    clock.time.advance_ms(1)
    after = keyring_in(tmp_path, clock)
    assert after.destroy_due() == 1
    assert after.names() == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"boot_id": 1, "boot_us": "x"}'])
def test_a_clock_file_that_cannot_be_read_leaves_the_wall_clock(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / ".clock").write_bytes(content)
    assert ClockFile(tmp_path).load() is None
    assert RetentionClock(FakeClock(), ClockFile(tmp_path)).now_us() == WALL_US


def test_a_mark_is_kept_as_it_was(tmp_path: Path) -> None:
    mark = Mark("boot", 12, WALL_US)
    ClockFile(tmp_path).save(mark)
    assert ClockFile(tmp_path).load() == mark
    assert [file.name for file in tmp_path.iterdir()] == [".clock"]


class Passes:
    """Lets a scheduler go on pass by pass."""

    def __init__(self) -> None:
        self._begun: asyncio.Queue[asyncio.Event] = asyncio.Queue()
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        over = asyncio.Event()
        self._begun.put_nowait(over)
        await over.wait()

    async def finished(self) -> asyncio.Event:
        """Wait for the end of a pass; setting what is returned begins the next."""
        return await self._begun.get()


async def test_the_scheduler_destroys_what_is_due_by_the_store_alone_pass_by_pass() -> None:
    machine, passes = Machine(), Passes()
    machine.keyring.create("first", HOUR_US)
    machine.keyring.create("second", 2 * HOUR_US)
    task = asyncio.create_task(RetentionScheduler(machine.keyring, pause=passes).run())
    for kept in (["first", "second"], ["second"], []):
        over = await passes.finished()
        assert machine.store.names() == kept
        machine.clock.time.advance_ms(HOUR_MS)
        over.set()
    assert machine.memory.mark is not None
    assert max(passes.seconds) <= PERIOD_S
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_store_that_is_out_of_reach_for_a_while_does_not_end_the_scheduler() -> None:
    machine, passes = Machine(), Passes()
    machine.keyring.create("first", HOUR_US)
    machine.clock.time.advance_ms(HOUR_MS)
    machine.store.broken = {"first"}
    task = asyncio.create_task(RetentionScheduler(machine.keyring, pause=passes).run())
    over = await passes.finished()
    assert machine.store.names() == ["first"]
    machine.store.broken = set()
    over.set()
    await passes.finished()
    assert machine.store.names() == []
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
