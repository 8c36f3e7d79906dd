"""What isn't sealed is dropped and counted, and every picture is overwritten."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from tests.support.studio import Studio

from lethe.contracts.instants import Instant
from lethe.ingest.capture import SealedFrame
from lethe.shredding.trust import LocalTrust
from lethe.vision.jpeg import encode_jpeg


def test_an_overtaken_frame_gives_its_number_back(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release(120)
    studio.release(220)
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert sealed.address.number == 1
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 1, "overtaken": 1}
    numbers = {n for _, _, _, n in studio.path.witness.live_numbers(studio.holder)}
    assert {0, 1} & numbers == set()
    studio.check_nothing_is_busy()


def test_closing_drops_the_frame_that_waits_and_takes_no_other(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release()
    studio.capture.close()
    studio.check_pictures_are_gone()
    studio.release()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "overtaken": 2}
    studio.check_nothing_is_busy()


def test_the_picture_and_its_jpeg_are_overwritten(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def remembered(image: NDArray[np.uint8], quality: int) -> bytes:
        assert image.any()
        made.append(encode_jpeg(image, quality))
        assert any(made[-1])
        return made[-1]

    monkeypatch.setattr("lethe.ingest.capture.encode_jpeg", remembered)
    studio.path.run_slot()
    studio.release()
    assert studio.capture.seal_next() is not None
    studio.release()
    studio.pass_the_keys_end()
    assert studio.capture.seal_next() is None
    assert len(made) == 2
    assert not any(any(jpeg) for jpeg in made)
    studio.check_pictures_are_gone()


def test_a_frame_that_waits_when_its_camera_falls_silent_is_overwritten(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release()
    studio.capture.forget()
    studio.check_pictures_are_gone()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "stalled": 1}
    studio.check_nothing_is_busy()


def test_after_a_silence_frames_are_captured_again(studio: Studio) -> None:
    studio.path.run_slot()
    studio.capture.forget()
    studio.release()
    assert studio.capture.seal_next() is not None


def test_a_frame_whose_compression_fails_is_counted_and_overwritten(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_image: NDArray[np.uint8], _quality: int) -> bytes:
        raise ValueError("the encoder's")

    monkeypatch.setattr("lethe.ingest.capture.encode_jpeg", broken)
    studio.path.run_slot()
    studio.release()
    with pytest.raises(ValueError, match="the encoder's"):
        studio.capture.seal_next()
    assert studio.told() == {"captured": 0, "failed": 1}
    studio.check_nothing_is_busy()
    studio.check_pictures_are_gone()


_STEP = st.sampled_from(
    ["release", "release", "seal", "seal", "keys", "wait a little", "wait long", "end", "close"]
)


@settings(max_examples=60)
@given(st.lists(_STEP, max_size=40))
def test_every_frame_offered_is_captured_or_dropped_whatever_happens(
    trust: LocalTrust, steps: list[str]
) -> None:
    studio = Studio(trust)
    held: list[tuple[SealedFrame, Instant]] = []
    released, running = 0, True
    for step in steps:
        if step == "release":
            studio.release()
            released += 1
        elif step == "seal":
            sealed = studio.capture.seal_next()
            assert sealed is None or running, "sealed after the order's end"
            held += [] if sealed is None else [(sealed, studio.path.clock.now())]
        elif step == "keys" and running:
            studio.path.run_slot()
        elif step.startswith("wait"):
            studio.path.time.advance_ms(30 if step == "wait a little" else 500)
            studio.holder.reap()
        elif step == "end" and running:
            studio.path.end_order()
            running = False
        elif step == "close":
            studio.capture.close()
    studio.capture.close()
    told = studio.told()
    assert told["captured"] == len(held)
    assert sum(told.values()) == studio.tally.offered == released
    assert all(at.since_ms(sealed.address.captured) < 1000 for sealed, at in held)
    names = {(sealed.address.slot, sealed.address.number) for sealed, _ in held}
    assert len(names) == len(held)
    studio.check_nothing_is_busy()
    studio.check_pictures_are_gone()
