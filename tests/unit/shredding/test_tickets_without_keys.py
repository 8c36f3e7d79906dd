"""A ticket to which nothing may be granted has no key, and waits for no grant."""

import pytest
from tests.support.forgetting import FakeSwitch

from lethe.contracts.keys import Role
from lethe.shredding.clock import SystemClock
from lethe.shredding.holder import Holder
from lethe.shredding.terms import Standing

_KEY_BYTES = 1184 + 32


def _holder(role: Role, switch: FakeSwitch | None = None) -> Holder:
    clock = SystemClock()
    return Holder(role.value, role, "run", clock=clock, switch=switch or FakeSwitch())


def test_alert_makes_no_key_while_it_neither_enrols_nor_anybody_looks() -> None:
    switch = FakeSwitch()
    holder = _holder(Role.ALERT, switch)
    ticket = holder.issue_ticket(Standing(erased_watchlists=("list",)))
    assert ticket.public_key == b""
    assert ticket.erased_watchlists == ["list"]
    assert holder.holds_nothing()
    assert switch.at_us is None


@pytest.mark.parametrize("standing", [Standing(enrols=True), Standing(looks=("gate",))])
def test_the_ticket_that_says_what_keys_are_for_has_a_key(standing: Standing) -> None:
    holder = _holder(Role.ALERT)
    holder.issue_ticket(Standing())
    assert len(holder.issue_ticket(standing).public_key) == _KEY_BYTES
    assert not holder.holds_nothing()


@pytest.mark.parametrize("role", [Role.INGEST, Role.DETECT, Role.MATCH])
def test_whoever_may_be_granted_keys_at_any_time_makes_one_each_time(role: Role) -> None:
    holder = _holder(role)
    keys = {holder.issue_ticket(Standing()).public_key for _ in range(3)}
    assert [len(key) for key in keys] == [_KEY_BYTES] * 3


def test_a_goodbye_has_no_key() -> None:
    holder = _holder(Role.DETECT)
    assert holder.issue_ticket(Standing(), leaving=True).public_key == b""
    assert holder.holds_nothing()
