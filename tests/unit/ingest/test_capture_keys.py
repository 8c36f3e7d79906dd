"""A frame is stamped with a key in hand at its release, or it isn't captured."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.clocks import FakeClock
from tests.support.studio import Studio, shows

from lethe.contracts.keys import Role
from lethe.shredding.sealing import FRAME_STEP_BYTES, TAG_BYTES


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
