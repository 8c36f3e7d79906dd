"""Every frame that a source offered is told once, as captured or dropped."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.support.clocks import FakeClock

from lethe.contracts.live import SlotClosed
from lethe.ingest.tally import DropReason, Tally

_CAPTURED = st.tuples(st.just("captured"), st.sampled_from(["slot-1", "slot-2"]))
_DROPPED = st.tuples(st.sampled_from(list(DropReason)), st.sampled_from([None, "slot-1", "slot-2"]))
_DRAIN = st.tuples(st.just("drain"), st.none())


@pytest.fixture(name="tally")
def tally_() -> Tally:
    return Tally("gate-1", "ingest-1", FakeClock())


def adds_up(closed: SlotClosed) -> bool:
    return closed.offered == len(closed.captured) + sum(closed.dropped.values())


@given(st.lists(st.one_of(_CAPTURED, _DROPPED, _DRAIN)))
def test_each_slot_adds_up_and_every_frame_is_told_once(
    steps: list[tuple[str, str | None]],
) -> None:
    tally, told = Tally("gate-1", "ingest-1", FakeClock()), []
    expected: Counter[tuple[str | None, str]] = Counter()
    for number, (what, slot) in enumerate(steps):
        if what == "drain":
            told += tally.drain()
            continue
        expected[slot, what] += 1
        if what == "captured":
            assert slot is not None
            tally.captured("deployment-1", slot, number, FakeClock().now())
        else:
            tally.dropped("deployment-1", slot, DropReason(what))
    told += tally.drain()
    assert all(adds_up(closed) for closed in told)
    assert sum(closed.offered for closed in told) == tally.offered == expected.total()
    found: Counter[tuple[str | None, str]] = Counter()
    for closed in told:
        found[closed.slot, "captured"] += len(closed.captured)
        for reason, count in closed.dropped.items():
            found[closed.slot, reason] += count
    assert +found == expected
    numbers = [frame.number for closed in told for frame in closed.captured]
    assert len(set(numbers)) == len(numbers)


def test_nothing_is_told_twice(tally: Tally) -> None:
    tally.dropped("deployment-1", None, DropReason.NO_KEY)
    [closed] = tally.drain()
    assert (closed.camera_id, closed.deployment_id) == ("gate-1", "deployment-1")
    assert (closed.slot, closed.dropped) == (None, {"no_key": 1})
    assert tally.drain() == []


def test_threads_lose_no_count_to_each_other(tally: Tally) -> None:
    each, told = 400, []

    def count(thread: int) -> None:
        for number in range(each):
            if number % 2:
                tally.captured("d", f"slot-{number % 8}", thread * 50 + number // 8, at)
            else:
                tally.dropped("d", f"slot-{number % 8}", DropReason.OVERTAKEN)

    at = FakeClock().now()
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(count, thread) for thread in range(4)]
        while not all(thread.done() for thread in running):
            told += tally.drain()
        for thread in running:
            thread.result()
    told += tally.drain()
    assert all(adds_up(closed) for closed in told)
    assert sum(closed.offered for closed in told) == 4 * each
    numbers = [(closed.slot, frame.number) for closed in told for frame in closed.captured]
    assert len(set(numbers)) == len(numbers) == 4 * each / 2


def test_the_end_of_a_source_is_told_also_when_there_is_nothing_to_count(tally: Tally) -> None:
    [closed] = tally.drain(ended=True, fault="it isn't a video")
    assert (closed.ended, closed.fault, closed.offered) == (True, "it isn't a video", 0)
    tally.dropped("deployment-1", "slot-1", DropReason.KEY_GONE)
    [closed] = tally.drain(ended=True)
    assert (closed.ended, closed.fault, closed.offered) == (True, None, 1)
    tally.dropped("deployment-1", "slot-1", DropReason.KEY_GONE)
    [closed] = tally.drain()
    assert not closed.ended


def test_a_change_of_state_is_told_once_and_without_counts_too(tally: Tally) -> None:
    [closed] = tally.drain(state="running")
    assert (closed.state, closed.trouble, closed.offered, closed.slot) == ("running", None, 0, None)
    assert tally.drain(state="running") == []
    [closed] = tally.drain(state="reconnecting", trouble="it can't be reached")
    assert (closed.state, closed.trouble) == ("reconnecting", "it can't be reached")
    assert not closed.ended
    [closed] = tally.drain(state="reconnecting", trouble="it refuses the password")
    assert closed.trouble == "it refuses the password"
    tally.dropped("deployment-1", None, DropReason.STALLED)
    [closed] = tally.drain(state="running")
    assert (closed.state, closed.dropped) == ("running", {"stalled": 1})


def test_every_garbled_picture_is_told_once_and_without_counts_too(tally: Tally) -> None:
    [closed] = tally.drain(garbled=3)
    assert (closed.garbled, closed.offered) == (3, 0)
    assert tally.drain(garbled=3) == []
    tally.captured("deployment-1", "slot-1", 0, FakeClock().now())
    tally.dropped("deployment-1", None, DropReason.NO_KEY)
    assert sum(closed.garbled for closed in tally.drain(garbled=5)) == 2
    assert tally.drain(garbled=5) == []


def test_the_newest_slot_is_left_out_once_so_that_it_is_told_whole(tally: Tally) -> None:
    at = FakeClock().now()
    tally.captured("deployment-1", "slot-1", 0, at)
    assert tally.drain(waits=True) == []
    tally.captured("deployment-1", "slot-1", 1, at)
    tally.captured("deployment-1", "slot-2", 0, at)
    [closed] = tally.drain(waits=True)
    assert (closed.slot, closed.offered) == ("slot-1", 2)
    [closed] = tally.drain(waits=True)
    assert (closed.slot, closed.offered) == ("slot-2", 1)
    assert tally.drain() == []


def test_an_end_leaves_nothing_out(tally: Tally) -> None:
    tally.captured("deployment-1", "slot-1", 0, FakeClock().now())
    [closed] = tally.drain(ended=True)
    assert (closed.slot, closed.ended) == ("slot-1", True)
