"""The last ticket of a process has no key, and waits for no grant."""

from tests.support.forgetting import FakeSwitch

from lethe.contracts.keys import Role
from lethe.shredding.clock import SystemClock
from lethe.shredding.holder import Holder
from lethe.shredding.terms import Standing


def test_a_goodbye_has_no_key() -> None:
    switch = FakeSwitch()
    holder = Holder("detect-1", Role.DETECT, "run", clock=SystemClock(), switch=switch)
    assert holder.issue_ticket(Standing(), leaving=True).public_key == b""
    assert holder.holds_nothing()
    assert switch.at_us is None


def test_an_alert_that_takes_no_keys_has_a_timer_all_the_same() -> None:
    switch = FakeSwitch()
    holder = Holder("alert-1", Role.ALERT, "run", clock=SystemClock(), switch=switch)
    holder.issue_ticket(Standing())
    # Paused while it leads, it ends by it, and another can lead.
    assert switch.at_us is not None
