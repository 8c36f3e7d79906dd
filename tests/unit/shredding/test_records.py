"""A sealed record opens once, where it belongs, under a live order."""

import pytest
from tests.support.forgetting import (
    CAMERA,
    open_frame,
    seal_frame,
)
from tests.support.pipeline import Pipeline

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.shredding.trust import LocalTrust


def test_a_record_opens_once_and_nowhere_else(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, match = pipeline.holders[Role.DETECT], pipeline.holders[Role.MATCH]
    with pytest.raises(Erased):
        open_frame(match, address, sealed)
    with pytest.raises(Refused):
        open_frame(detect, address, sealed, topic="lethe.detect.probe-extracted.v1")
    assert open_frame(detect, address, sealed) == b"frame"
    with pytest.raises(Erased):
        open_frame(detect, address, sealed)


def test_a_record_altered_or_cut_at_any_byte_is_refused_and_the_genuine_one_opens(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect = pipeline.holders[Role.DETECT]
    flipped = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in range(len(sealed))]
    cut = [sealed[:i] for i in range(len(sealed))]
    for forged in [*flipped, *cut, sealed + b"\0", sealed * 5]:
        with pytest.raises(Refused):
            open_frame(detect, address, forged)
    assert open_frame(detect, address, sealed) == b"frame"


def test_a_frame_captured_before_its_key_was_in_hand_is_not_sealed(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    before = pipeline.clock.now()
    pipeline.run_slot()
    ingest = pipeline.holders[Role.INGEST]
    address, _ = pipeline.captured(b"first")
    dated_back = address.model_copy(update={"captured": before, "number": 7})
    with pytest.raises(Erased, match="in hand"):
        ingest.seal(FRAME_CAPTURED.name, dated_back, memoryview(b"second"), step=1024)


def test_nothing_is_sealed_or_opened_once_the_order_is_over(trust: LocalTrust) -> None:
    live = True

    def ordered(_granted: GrantedKey, _wall_us: int) -> bool:
        return live

    pipeline = Pipeline(trust, order_check=ordered)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    reservation = pipeline.holders[Role.INGEST].reserve(CAMERA, Purpose.FRAME)
    assert reservation is not None
    live = False
    assert seal_frame(pipeline.holders[Role.INGEST], b"frame") is None
    with pytest.raises(Refused):
        open_frame(pipeline.holders[Role.DETECT], address, sealed)
    late = address.model_copy(update={"number": reservation.number})
    with pytest.raises(Refused):
        pipeline.holders[Role.INGEST].seal(FRAME_CAPTURED.name, late, memoryview(b""), step=16)


def test_who_has_a_clear_copy_is_hurried_once_when_its_keys_are_wiped(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, hurried = pipeline.holders[Role.DETECT], list[str]()
    with detect.opening(
        FRAME_CAPTURED.name,
        address,
        sealed,
        memoryview(bytearray(4096)),
        on_close=lambda: hurried.append("now"),
    ):
        pipeline.time.advance_ms(790)
        detect.reap()
        assert hurried == []
        pipeline.time.advance_ms(10)
        detect.reap()
        detect.reap()
        detect.release_all()
        assert hurried == ["now"]
    assert detect.holds_nothing()


def test_nobody_is_hurried_who_was_done_in_time(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, hurried = pipeline.holders[Role.DETECT], list[str]()
    room = memoryview(bytearray(4096))
    with detect.opening(
        FRAME_CAPTURED.name, address, sealed, room, on_close=lambda: hurried.append("now")
    ):
        pass
    detect.release_all()
    assert hurried == []


def test_a_key_is_gone_while_what_it_opened_is_still_being_read(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    pipeline.run_slot()
    address, sealed = pipeline.captured(b"frame")
    detect, buffer = pipeline.holders[Role.DETECT], memoryview(bytearray(4096))
    with detect.opening(FRAME_CAPTURED.name, address, sealed, buffer) as content:
        with pytest.raises(Erased):
            open_frame(detect, address, sealed)
        assert bytes(content) == b"frame"
        detect.release_all()
        assert not detect.holds_nothing()
        assert pipeline.switches[Role.DETECT].at_us is not None
    assert detect.holds_nothing()
    assert pipeline.switches[Role.DETECT].at_us is None
