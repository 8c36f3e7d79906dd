"""A frame is stamped with a key in hand at its release, or it isn't captured."""

from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from tests.support.clocks import FakeClock
from tests.support.forgetting import CAMERA, local_trust
from tests.support.mjpeg_camera import picture
from tests.support.studio import Studio, shows

from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.capture import SealedFrame
from lethe.ingest.sources import SourceFrame
from lethe.shredding.sealing import FRAME_STEP_BYTES, TAG_BYTES
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.jpeg import decode_jpeg_into, encode_jpeg


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="studio")
def studio_(trust: LocalTrust) -> Studio:
    return Studio(trust)


def test_a_captured_frame_opens_at_detect_and_shows_what_was_released(studio: Studio) -> None:
    studio.path.run_slot()
    image = studio.release()
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert len(sealed.body) % FRAME_STEP_BYTES == TAG_BYTES
    assert shows(studio, sealed, image)
    assert studio.told() == {"captured": 1}


def test_a_frame_is_told_under_the_number_and_time_that_it_is_sealed_with(studio: Studio) -> None:
    studio.path.run_slot()
    studio.path.time.advance_ms(30)
    released = studio.path.clock.now()
    studio.release()
    studio.path.time.advance_ms(40)
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert sealed.address.captured == released
    [closed] = studio.tally.drain()
    [frame] = closed.captured
    assert (closed.slot, frame.number) == (sealed.address.slot, sealed.address.number)
    assert frame.captured_boot_us == released.boot_us


def test_without_a_key_nothing_is_captured(studio: Studio) -> None:
    studio.release()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "no_key": 1}


def test_without_a_live_order_nothing_is_captured_although_a_key_is_in_hand(
    studio: Studio,
) -> None:
    studio.path.run_slot()
    studio.path.end_order()
    assert studio.holder.holds(CAMERA, Purpose.FRAME)
    studio.release()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "no_key": 1}
    studio.check_nothing_is_busy()


def test_capture_asks_for_the_order_itself_whatever_its_holder_does(studio: Studio) -> None:
    studio.holder._order_check = None
    studio.path.run_slot()
    studio.path.end_order()
    studio.release()
    assert studio.told() == {"captured": 0, "no_key": 1}
    studio.check_nothing_is_busy()


def test_a_frame_released_under_an_order_that_ended_since_is_not_sealed(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release()
    studio.path.end_order()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "key_gone": 1}
    studio.check_nothing_is_busy()
    studio.check_pictures_are_gone()


def test_a_frame_whose_key_died_before_sealing_is_dropped(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release()
    studio.pass_the_keys_end()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "key_gone": 1}
    assert studio.holder.holds_nothing()
    studio.check_pictures_are_gone()


def test_a_key_without_time_left_for_detect_and_match_is_not_used(studio: Studio) -> None:
    studio.path.run_slot()
    studio.path.time.advance_ms(440)
    studio.release()
    assert studio.capture.seal_next() is not None
    studio.path.time.advance_ms(10)
    studio.release()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 1, "no_key": 1}


def test_the_newest_key_is_used_and_older_ones_are_wiped_with_it(studio: Studio) -> None:
    studio.path.run_slot()
    studio.path.run_slot()
    studio.release()
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert sealed.address.slot == "term-2"
    assert {slot for slot, *_ in studio.path.witness.live_numbers(studio.holder)} == {"term-2"}


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


@dataclass
class InterruptedClock(FakeClock):
    """Something happens at the next look at the wall clock."""

    happens: list[Callable[[], None]] = field(default_factory=list)

    def wall_us(self) -> int:
        while self.happens:
            self.happens.pop()()
        return super().wall_us()


def test_a_key_that_comes_at_the_release_is_never_younger_than_the_frame(studio: Studio) -> None:
    granted = studio.path.grants()[Role.INGEST]

    def arrive() -> None:
        studio.path.time.advance_ms(1)
        assert studio.holder.accept(granted)
        studio.path.time.advance_ms(1)

    studio.holder.clock = InterruptedClock(studio.path.time, happens=[arrive])
    in_hand_us = studio.path.clock.boot_us() + 1000
    studio.release()
    sealed = studio.capture.seal_next()
    assert sealed is not None, studio.told()
    assert sealed.address.captured.boot_us >= in_hand_us


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


def opened(studio: Studio, sealed: SealedFrame) -> bytes:
    """Return what detect opens."""
    room = memoryview(bytearray(len(sealed.body)))
    detect = studio.path.holders[Role.DETECT]
    with detect.opening(FRAME_CAPTURED.name, sealed.address, sealed.body, room) as content:
        return bytes(content)


def test_a_cameras_own_jpeg_is_sealed_as_it_came(studio: Studio) -> None:
    studio.path.run_slot()
    jpeg = picture(7)
    studio.capture.on_release(SourceFrame(np.frombuffer(jpeg, np.uint8), 0.0))
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert opened(studio, sealed) == jpeg
    studio.check_pictures_are_gone()
    assert studio.told() == {"captured": 1}


LEFT_HALF = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]


def test_masks_are_blanked_before_a_frame_is_compressed(trust: LocalTrust) -> None:
    studio = Studio(trust, masks=[LEFT_HALF], jpeg_quality=95)
    studio.path.run_slot()
    image = studio.release()
    sealed = studio.capture.seal_next()
    assert sealed is not None
    with WipedBuffer(image.size) as pixels:
        shown = decode_jpeg_into(opened(studio, sealed), pixels)
        # JPEG blurs across the edge, within a block of chroma.
        assert shown[:, :32].max() < 8
        assert shown[:, 64:].max() > 150
    studio.check_pictures_are_gone()


def test_a_jpeg_of_a_camera_with_masks_is_never_sealed(trust: LocalTrust) -> None:
    studio = Studio(trust, masks=[LEFT_HALF])
    studio.path.run_slot()
    studio.capture.on_release(SourceFrame(np.frombuffer(picture(7), np.uint8), 0.0))
    with pytest.raises(RuntimeError):
        studio.capture.seal_next()
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
