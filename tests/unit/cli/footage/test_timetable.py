from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lethe.cli.footage.cast import Person, Portrait
from lethe.cli.footage.demonstration import demonstration_cameras
from lethe.cli.footage.errors import FootageUnavailable
from lethe.cli.footage.script import SMALLEST_EYE_DISTANCE_PX, SWELL, Lane, timetable

_IMAGE = np.zeros((250, 250, 3), dtype=np.uint8)
_NEAR = Lane(480, (40.0, 56.0), 165.0, 5.0, 5.5, 0.5, leftwards=True)
_FAR = Lane(136, (30.0, 38.0), 105.0, 6.0, 3.2, 1.0, leftwards=False)


def _person(number: int, eye_distance_px: float = 46.0, portraits: int = 1) -> Person:
    portrait = Portrait(_IMAGE, (77, 66, 98, 131), eye_distance_px)
    return Person(f"person-{number}", listed=False, portraits=(portrait,) * portraits)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=40), st.integers(0, 1000))
def test_everybody_queued_passes_and_nobody_meets_themselves(numbers: list[int], seed: int) -> None:
    passes = timetable([_person(n) for n in numbers], (_NEAR, _FAR), np.random.default_rng(seed))
    assert Counter(one.person.name for one in passes) == Counter(f"person-{n}" for n in numbers)
    for name in {one.person.name for one in passes}:
        own = [one for one in passes if one.person.name == name]
        assert all(before.end_s <= after.start_s for before, after in pairwise(own))
    for one in passes:
        at_once = [two for two in passes if two.start_s <= one.start_s < two.end_s]
        assert len(at_once) <= 3
        assert one.eye_distance_px * (1 - SWELL) >= 24


def test_a_profile_walks_near_the_camera_only() -> None:
    queue = [_person(n, eye_distance_px=24.0) for n in range(5)]
    passes = timetable(queue, (_NEAR, _FAR), np.random.default_rng(1))
    assert {one.lane for one in passes} == {_NEAR}


def test_somebody_too_small_for_every_lane_is_refused() -> None:
    with pytest.raises(FootageUnavailable, match="person-1 are too small: leave it out"):
        timetable([_person(1, eye_distance_px=10.0)], (_NEAR, _FAR), np.random.default_rng(1))


def test_photographs_are_shown_in_turn() -> None:
    person = _person(1, portraits=2)
    passes = timetable([person] * 3, (_NEAR,), np.random.default_rng(1))
    assert [one.portrait for one in passes] == [
        person.portraits[0],
        person.portraits[1],
        person.portraits[0],
    ]


def test_the_demonstration_keeps_what_it_promises() -> None:
    for camera in demonstration_cameras():
        counts = Counter(one.person.name for one in camera.passes)
        listed = {one.person.name for one in camera.passes if one.person.listed}
        assert listed == {"astronaut", "person-3"}
        assert all(counts[name] >= 4 for name in listed)
        assert len(counts) == 7
        assert 55 <= camera.duration_s <= 66
        assert max(one.end_s for one in camera.passes) < camera.duration_s
        seconds = sum(one.end_s - one.start_s for one in camera.passes)
        assert 1.0 <= seconds / camera.duration_s <= 1.7
        assert min(one.eye_distance_px for one in camera.passes) >= SMALLEST_EYE_DISTANCE_PX
        assert max(one.eye_distance_px for one in camera.passes) <= 60


def test_the_same_seed_scripts_the_same_passes() -> None:
    one, two, other = (demonstration_cameras(seed)[0].describe() for seed in (1, 1, 2))
    assert one == two
    assert one != other
