"""A frame is stamped with a key in hand at its release, or it isn't captured."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from tests.support.clips import striped
from tests.support.clocks import FakeClock
from tests.support.forgetting import CAMERA, local_trust
from tests.support.live_path import LivePath

from lethe.contracts.instants import Instant
from lethe.contracts.keys import Role
from lethe.contracts.orders import CameraAssigned
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.capture import Capture, SealedFrame, Stamp
from lethe.ingest.flow import Flow
from lethe.ingest.latest import LatestFrame
from lethe.ingest.sources import SourceFrame
from lethe.ingest.tally import Tally
from lethe.shredding.sealing import FRAME_STEP_BYTES, TAG_BYTES
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.jpeg import decode_jpeg_into, encode_jpeg

_LONG_S = 20.0


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


class Studio:
    """One camera of a live path.

    Parameters
    ----------
    realtime
        As of a camera; otherwise as footage that is taken as fast as it goes.
    """

    def __init__(self, trust: LocalTrust, *, realtime: bool = True) -> None:
        self.path = LivePath(trust)
        self.holder = self.path.holders[Role.INGEST]
        camera = CameraAssigned(camera_id=CAMERA, deployment_id="deployment-1", source="none")
        self.flow = None if realtime else Flow(self.path.clock, window=3, budget_ms=1000)
        self.latest = LatestFrame[Stamp]()
        self.tally = Tally(CAMERA, "ingest-1", self.path.clock)
        self.capture = Capture(
            camera,
            self.holder,
            self.path.book,
            latest=self.latest,
            tally=self.tally,
            flow=self.flow,
        )

    def release(self, level: int = 200) -> NDArray[np.uint8]:
        """Release one picture and return it."""
        image = striped(level)
        self.capture.on_release(SourceFrame(image, 0.0))
        return image

    def told(self) -> dict[str, int]:
        """Return what was counted since the last call."""
        counts = {"captured": 0}
        for closed in self.tally.drain():
            assert closed.offered == len(closed.captured) + sum(closed.dropped.values())
            counts["captured"] += len(closed.captured)
            for reason, count in closed.dropped.items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    def check_nothing_is_busy(self) -> None:
        """Check that no number is reserved any more: a busy one would keep its slot alive."""
        self.holder.release_all()
        assert self.holder.holds_nothing()

    def check_pictures_are_gone(self) -> None:
        """Check the owned buffers, also where a picture lay before."""
        assert not any(buffer._memory.any() for buffer in self.latest._buffers)

    def pass_the_keys_end(self) -> None:
        """Let the time come at which the keys in hand are wiped."""
        self.path.time.advance_ms(800)
        for holder in self.path.holders.values():
            holder.reap()


def shows(studio: Studio, sealed: SealedFrame, image: NDArray[np.uint8]) -> bool:
    """Open a sealed frame at detect and tell whether it shows a picture."""
    room = memoryview(bytearray(len(sealed.body)))
    detect = studio.path.holders[Role.DETECT]
    with (
        WipedBuffer(image.nbytes) as pixels,
        detect.opening(FRAME_CAPTURED.name, sealed.address, sealed.body, room) as jpeg,
    ):
        shown = decode_jpeg_into(jpeg, pixels)
        # Chroma is halved in JPEG: away from the edge between the stripes colours are kept.
        difference = np.abs(shown.astype(int) - image)[:, np.r_[0:40, 56:96]]
        return bool(difference.max() < 12)


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


# --- footage as fast as it goes ---------------------------------------------------------------


@pytest.fixture(name="footage")
def footage_(trust: LocalTrust) -> Studio:
    return Studio(trust, realtime=False)


def test_in_flow_a_key_that_dies_before_sealing_costs_no_frame(footage: Studio) -> None:
    footage.path.run_slot()
    image = footage.release()
    footage.pass_the_keys_end()
    footage.path.run_slot()
    now = footage.path.clock.now()
    sealed = footage.capture.seal_next()
    assert sealed is not None
    assert (sealed.address.slot, sealed.address.captured) == ("term-2", now)
    assert shows(footage, sealed, image)
    assert footage.told() == {"captured": 1}
    assert footage.flow is not None
    assert list(footage.flow._in_flight) == [("term-2", sealed.address.number)]
    footage.check_nothing_is_busy()
    footage.check_pictures_are_gone()


def waiting_for_a_key(studio: Studio, call: Callable[[], object]) -> threading.Thread:
    """Return a thread that is seen to wait for a key."""
    assert studio.flow is not None
    pause, paused = studio.flow.pause, threading.Event()

    def seen() -> bool:
        paused.set()
        return pause()

    studio.flow.pause = seen  # type: ignore[method-assign]
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert paused.wait(_LONG_S)
    return thread


def test_in_flow_sealing_waits_for_the_next_key(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    footage.pass_the_keys_end()
    found: list[SealedFrame | None] = []
    thread = waiting_for_a_key(footage, lambda: found.append(footage.capture.seal_next()))
    assert not found
    footage.path.run_slot()
    thread.join(_LONG_S)
    [sealed] = found
    assert sealed is not None
    assert sealed.address.slot == "term-2"
    assert footage.told() == {"captured": 1}


def test_in_flow_a_release_waits_for_a_key_and_drops_nothing(footage: Studio) -> None:
    thread = waiting_for_a_key(footage, footage.release)
    assert footage.latest.counts.offered == 0
    footage.path.run_slot()
    thread.join(_LONG_S)
    assert not thread.is_alive()
    assert footage.capture.seal_next() is not None
    assert footage.told() == {"captured": 1}


def test_in_flow_closing_lets_a_worker_go_that_waits_for_a_key(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    footage.pass_the_keys_end()
    found: list[SealedFrame | None] = []
    thread = waiting_for_a_key(footage, lambda: found.append(footage.capture.seal_next()))
    footage.capture.close()
    thread.join(_LONG_S)
    assert found == [None]
    assert footage.told() == {"captured": 0, "key_gone": 1}
    assert footage.holder.holds_nothing()
    footage.check_pictures_are_gone()


def test_in_flow_a_frame_that_closing_overtakes_gives_its_number_back(footage: Studio) -> None:
    footage.path.run_slot()
    footage.release()
    assert footage.flow is not None
    thread = threading.Thread(target=footage.release, daemon=True)
    thread.start()
    while len(footage.flow._in_flight) < 2:
        thread.join(0.001)
    footage.capture.close()
    thread.join(_LONG_S)
    assert not thread.is_alive()
    assert footage.told() == {"captured": 0, "overtaken": 2}
    footage.check_nothing_is_busy()
