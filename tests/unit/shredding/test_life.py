"""The central properties of forgetting, under everything that can happen on the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.forgetting import local_trust
from tests.support.machine import Forgetting

from lethe.contracts.keys import CloseReason, KeyGranted
from lethe.shredding import holder as holder_module
from lethe.shredding import memory, slotkeys
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.slotkeys import SlotKeys

_SETTINGS = settings(
    max_examples=120,
    stateful_step_count=60,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
_UNTIL_BROKEN = settings(_SETTINGS, max_examples=400, phases=(Phase.generate,))


def _check(trust_folder: Path, holder_type: type[Holder], how: settings) -> Counter[str]:
    seen: Counter[str] = Counter()
    trust = local_trust(trust_folder)

    class Machine(Forgetting):
        pass

    Machine.trust, Machine.holder_type, Machine.seen = trust, holder_type, seen
    run_state_machine_as_test(Machine, settings=how)
    return seen


def test_nothing_that_happens_on_the_way_lengthens_a_life(tmp_path: Path) -> None:
    seen = _check(tmp_path, Holder, _SETTINGS)
    valid = ("held", "sealed", "opened", "probes", "killed", "late grants", "Refused", "Erased")
    assert all(seen[name] > 0 for name in valid), seen


class _NeverReaps(Holder):
    def reap(self) -> None:
        pass


class _NeverArms(Holder):
    def _arm(self) -> None:
        pass


class _ArmsLate(Holder):
    def _arm(self) -> None:
        super()._arm()
        if self._armed._at_us is not None:
            self._armed._switch.arm(self._armed._at_us + 100_000)


class _CountsFromTheGrant(Holder):
    def accept(self, granted: KeyGranted) -> list:  # type: ignore[type-arg]
        outstanding = self._tickets.waiting.get(granted.ticket_hash)
        if outstanding is not None:
            self._tickets.waiting[granted.ticket_hash] = replace(
                outstanding, sent=instant(self.clock)
            )
        return super().accept(granted)


@pytest.mark.parametrize(
    ("holder_type", "finding"),
    [
        (_NeverReaps, "the switch fired in a healthy process|a key outlives its ticket"),
        (_NeverArms, "disarmed while something is held"),
        (_ArmsLate, "armed too late"),
        (_CountsFromTheGrant, "armed too late"),
    ],
)
def test_a_holder_that_does_not_forget_is_found_out(
    tmp_path: Path, holder_type: type[Holder], finding: str
) -> None:
    with pytest.raises(AssertionError, match=finding):
        _check(tmp_path, holder_type, _UNTIL_BROKEN)


def test_a_wipe_that_does_nothing_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (memory, slotkeys, holder_module):
        monkeypatch.setattr(module, "wipe", lambda _view: None)
    with pytest.raises(AssertionError, match=r"still there|outlives"):
        _check(tmp_path, Holder, _UNTIL_BROKEN)


def test_a_destroy_that_does_nothing_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def destroy(self: SlotKeys, number: int, on_close: Callable[[], None] | None = None) -> None:
        self._busy[number] = on_close

    monkeypatch.setattr(SlotKeys, "destroy", destroy)
    with pytest.raises(AssertionError, match=r"still there|used twice"):
        _check(tmp_path, Holder, _UNTIL_BROKEN)


def test_a_close_that_does_nothing_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(self: SlotKeys, at_us: int, reason: CloseReason) -> None:
        self._block = None
        self.closed_at_us, self.reason = at_us, reason

    monkeypatch.setattr(SlotKeys, "close", close)
    with pytest.raises(AssertionError, match=r"outlives its|disarmed while something is held"):
        _check(tmp_path, Holder, _UNTIL_BROKEN)
