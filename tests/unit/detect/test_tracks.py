"""A tracker says which face is likely the same person as in the frame before, and holds no face."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lethe.detect.tracks import Tracker
from lethe.vision.faces import LANDMARK_COUNT, Face

FRAME_S = 1 / 12


def face(x: float, y: float = 100.0, side: float = 80.0) -> Face:
    return Face(x, y, side, side, np.zeros((LANDMARK_COUNT, 2), np.float32), 0.9)


def test_a_face_that_walks_on_keeps_its_track() -> None:
    tracker = Tracker()
    tracks = [tracker.follow([face(22.0 * step)], step * FRAME_S)[0] for step in range(30)]
    assert len({track.token for track in tracks}) == 1


def test_two_who_cross_keep_their_tracks() -> None:
    tracker = Tracker()
    seen: dict[str, set[bytes]] = {"right": set(), "left": set()}
    for step in range(40):
        faces = [face(20.0 * step), face(800.0 - 20.0 * step, y=130.0)]
        right, left = tracker.follow(faces, step * FRAME_S)
        seen["right"].add(right.token)
        seen["left"].add(left.token)
    assert [len(tokens) for tokens in seen.values()] == [1, 1]
    assert seen["right"] != seen["left"]


def test_a_face_that_is_missed_for_a_moment_keeps_its_track() -> None:
    tracker = Tracker()
    [first] = tracker.follow([face(0.0)], 0.0)
    [second] = tracker.follow([face(22.0)], FRAME_S)
    tracker.follow([], 2 * FRAME_S)
    [third] = tracker.follow([face(88.0)], 4 * FRAME_S)
    assert first is second is third


def test_a_face_that_was_away_for_a_second_is_somebody_new() -> None:
    tracker = Tracker()
    [before] = tracker.follow([face(0.0)], 0.0)
    [after] = tracker.follow([face(0.0)], 1.0)
    assert after.token != before.token
    assert len(tracker.tracks) == 1


def test_a_face_elsewhere_or_of_another_size_is_somebody_new() -> None:
    tracker = Tracker()
    [first] = tracker.follow([face(0.0)], 0.0)
    [elsewhere] = tracker.follow([face(400.0)], FRAME_S)
    [larger] = tracker.follow([face(0.0, side=160.0)], 2 * FRAME_S)
    assert len({first.token, elsewhere.token, larger.token}) == 3


def test_a_clock_that_goes_back_ends_every_track() -> None:
    tracker = Tracker()
    [before] = tracker.follow([face(0.0)], 10.0)
    [after] = tracker.follow([face(0.0)], 2.0)
    assert after.token != before.token


def test_a_track_does_not_show_its_token() -> None:
    [track] = Tracker().follow([face(0.0)], 0.0)
    assert track.token.hex() not in repr(track)
    assert repr(track.token) not in repr(track)


@given(
    st.lists(
        st.lists(
            st.tuples(st.floats(-50, 1300), st.floats(-50, 750), st.floats(5, 400)), max_size=6
        ),
        max_size=8,
    )
)
def test_every_face_has_a_track_of_its_own(frames: list[list[tuple[float, float, float]]]) -> None:
    tracker = Tracker()
    for step, boxes in enumerate(frames):
        tracks = tracker.follow([face(*box) for box in boxes], step * FRAME_S)
        assert len(tracks) == len({id(track) for track in tracks}) == len(boxes)
        assert all(track.seen_s == step * FRAME_S for track in tracks)
        assert {id(track) for track in tracks} <= {id(track) for track in tracker.tracks}
