"""What is due is wiped by itself, and the kernel's timer follows what is in hand."""

from threading import Event

from tests.support.pipeline import Pipeline

from lethe.contracts.keys import Role
from lethe.shredding.reaper import _LONGEST_WAIT_S, Reaper
from lethe.shredding.terms import Life
from lethe.shredding.trust import LocalTrust


def test_the_reaper_wipes_by_itself_and_everything_when_stopped(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    detect = pipeline.holders[Role.DETECT]
    wiped = Event()
    reap = detect.reap

    def reap_and_tell() -> int | None:
        due_us = reap()
        if not pipeline.witness.live_numbers(detect):
            wiped.set()
        return due_us

    detect.reap = reap_and_tell  # type: ignore[method-assign]
    reaper = Reaper(detect)
    reaper.start()
    pipeline.time.advance_ms(901)
    assert wiped.wait(30)
    pipeline.run_slot()
    reaper.stop()
    assert detect.holds_nothing()


class CountingSwitch:
    """Remembers every arming."""

    def __init__(self) -> None:
        self.armed: list[int | None] = []

    def arm(self, at_boot_us: int | None) -> None:
        self.armed.append(at_boot_us)


def test_whatever_comes_while_the_reaper_waits_is_known_to_it_before_it_is_due() -> None:
    shortest = Life(budget_ms=900)
    longest_ms = 1000 * _LONGEST_WAIT_S
    assert longest_ms <= shortest.ticket_ms
    # A grant is taken until its ticket is given up; at that moment the reaper looks.
    assert longest_ms <= shortest.budget_ms - shortest.margin_ms - shortest.ticket_ms


def test_the_switch_is_armed_anew_only_for_another_moment(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    detect = pipeline.holders[Role.DETECT]
    switch = detect._armed._switch = CountingSwitch()
    for _ in range(3):
        detect.reap()
    assert switch.armed == []
    detect.release_all()
    assert switch.armed == [None]
