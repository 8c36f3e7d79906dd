"""Whatever goes wrong on the way, no key and no clear copy is left in memory."""

from typing import Any

import pytest
from tests.support.forgetting import CAMERA
from tests.support.pipeline import Pipeline

from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.shredding import holder, slotkeys
from lethe.shredding.memory import SecretArena
from lethe.shredding.slotkeys import SlotKeys
from lethe.shredding.trust import LocalTrust


def test_an_expansion_that_fails_midway_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __init__(self, *_: object) -> None: ...

        def derive_into(self, key: memoryview, into: memoryview) -> None:
            into[: len(key)] = key
            raise MemoryError

    monkeypatch.setattr(slotkeys, "HKDFExpand", Failing)
    arena = SecretArena()
    named = GrantedKey(
        slot="slot",
        lane=CAMERA,
        purpose=Purpose.FRAME,
        deployment_id="",
        order_hash="",
        commitment=b"",
    )
    with pytest.raises(MemoryError):
        SlotKeys(
            arena,
            memoryview(bytearray(b"k" * 32)),
            named,
            held_from_us=0,
            wipe_at_us=1,
            dies_at_us=2,
        )
    assert arena.is_clear()


def test_a_record_that_fails_while_it_is_opened_leaves_no_clear_copy(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*arguments: Any) -> memoryview:
        into: memoryview = arguments[-1]
        into[:9] = b"passer-by"
        raise MemoryError

    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"passer-by")
    monkeypatch.setattr(holder, "open_into", failing)
    room = bytearray(len(sealed))
    opening = pipeline.holders[Role.DETECT].opening
    with (
        pytest.raises(MemoryError),
        opening(FRAME_CAPTURED.name, address, sealed, memoryview(room)),
    ):
        pass
    assert not any(room)
