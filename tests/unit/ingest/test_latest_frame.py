from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lethe.ingest.latest import LatestFrame

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONG_S = 20.0


def _image(value: int, height: int = 4, width: int = 6) -> NDArray[np.uint8]:
    return np.full((height, width, 3), value, dtype=np.uint8)


def _bytes_held(slot: LatestFrame[int]) -> set[int]:
    return {int(value) for buffer in slot._buffers for value in buffer._memory} - {0}


class Slot(RuleBasedStateMachine):
    """Any order of offers, takes and releases, also with changing sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.slot: LatestFrame[int] = LatestFrame()
        self.next = 0
        self.expected: int | None = None
        self.taking: object = None
        self.held: int | None = None

    @rule(height=st.integers(1, 5))
    def offer(self, height: int) -> None:
        self.next = self.next % 250 + 1
        dropped = self.slot.offer(_image(self.next, height), self.next)
        assert dropped == self.expected
        self.expected = self.next

    @precondition(lambda self: self.held is None)
    @rule()
    def take(self) -> None:
        taking = self.slot.take(0)
        frame = taking.__enter__()
        assert (None if frame is None else frame.stamp) == self.expected
        if frame is None:
            taking.__exit__(None, None, None)
            return
        assert (frame.image == self.expected).all()
        self.taking, self.held, self.expected = taking, self.expected, None

    @precondition(lambda self: self.held is not None)
    @rule()
    def release(self) -> None:
        self.taking.__exit__(None, None, None)  # type: ignore[attr-defined]
        self.taking = self.held = None

    @invariant()
    def every_frame_is_accounted_for(self) -> None:
        counts = self.slot.counts
        assert counts.offered == counts.taken + counts.dropped + counts.pending

    @invariant()
    def only_the_pending_and_the_held_frame_are_in_memory(self) -> None:
        assert _bytes_held(self.slot) == {v for v in (self.expected, self.held) if v is not None}

    def teardown(self) -> None:
        self.slot.close()
        if self.held is not None:
            self.release()
        assert _bytes_held(self.slot) == set()
        counts = self.slot.counts
        assert counts.offered == counts.taken + counts.dropped


TestSlot = Slot.TestCase


def test_a_taken_frame_is_a_copy_with_its_stamp() -> None:
    slot: LatestFrame[str] = LatestFrame()
    image = _image(7)
    assert slot.offer(image, "noon") is None
    image[:] = 0
    with slot.take(0) as frame:
        assert frame is not None
        assert frame.stamp == "noon"
        assert (frame.image == 7).all()
        assert "7" not in repr(frame)
        view = frame.image
    assert not view.any()


def test_a_frame_is_overwritten_also_when_the_work_on_it_fails() -> None:
    slot: LatestFrame[int] = LatestFrame()
    slot.offer(_image(7), 1)
    with pytest.raises(KeyError), slot.take(0):
        raise KeyError
    assert _bytes_held(slot) == set()


def test_taking_from_an_empty_slot_gives_nothing_when_the_time_is_up() -> None:
    with LatestFrame[int]().take(0.01) as frame:
        assert frame is None


def test_closing_counts_the_pending_frame_and_refuses_later_ones() -> None:
    slot: LatestFrame[int] = LatestFrame()
    slot.offer(_image(7), 1)
    assert slot.close() == 1
    assert _bytes_held(slot) == set()
    assert slot.offer(_image(8), 2) == 2
    assert slot.offer_blocking(_image(9), 3) is False
    assert _bytes_held(slot) == set()
    assert (slot.counts.offered, slot.counts.dropped) == (2, 2)


def test_closing_lets_a_waiting_taker_and_a_waiting_producer_go() -> None:
    empty: LatestFrame[int] = LatestFrame()
    full: LatestFrame[int] = LatestFrame()
    full.offer(_image(7), 1)
    results: list[object] = []

    def taker() -> None:
        with empty.take() as frame:
            results.append(frame)

    threads = [
        threading.Thread(target=taker),
        threading.Thread(target=lambda: results.append(full.offer_blocking(_image(8), 2))),
    ]
    for thread in threads:
        thread.start()
    empty.close()
    full.close()
    for thread in threads:
        thread.join(_LONG_S)
    assert sorted(map(str, results)) == ["False", "None"]


@given(count=st.integers(1, 20))
def test_waiting_offers_drop_nothing_and_keep_the_order(count: int) -> None:
    slot: LatestFrame[int] = LatestFrame()
    taken: list[int] = []

    def work() -> None:
        while len(taken) < count:
            with slot.take(_LONG_S) as frame:
                assert frame is not None
                taken.append(frame.stamp)

    worker = threading.Thread(target=work)
    worker.start()
    for number in range(count):
        assert slot.offer_blocking(_image(1), number, _LONG_S)
    worker.join(_LONG_S)
    assert taken == list(range(count))
    assert slot.counts.dropped == 0


def test_every_accepted_offer_is_told() -> None:
    told: list[int] = []
    slot: LatestFrame[int] = LatestFrame(notify=lambda: told.append(slot.counts.pending))
    slot.offer(_image(1), 1)
    slot.offer(_image(2), 2)
    assert told == [1, 1]
