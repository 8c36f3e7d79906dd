"""Of a track the first good view is embedded at once, then better ones only."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.detect.test_tracks import FRAME_S, face

from lethe.detect.shots import BestShots, ShotPolicy
from lethe.detect.tracks import Tracker
from lethe.vision.shots import View

POLICY = ShotPolicy()


class Camera:
    """One person standing before one camera, seen better and worse."""

    def __init__(self, policy: ShotPolicy = POLICY) -> None:
        self.tracker = Tracker()
        self.policy = policy

    def shows(
        self,
        *merits: float,
        at_s: float,
        taken: bool = True,
        left_ms: float = 600.0,
        waited_ms: float = 0.0,
    ) -> list[int]:
        """Show a frame with people side by side; return which views were chosen."""
        shots = BestShots(self.tracker, self.policy, at_s, lambda: left_ms, waited_ms=waited_ms)
        views = [View(face(200.0 * place), merit) for place, merit in enumerate(merits)]
        chosen = shots.choose(views)
        if taken:
            for position in chosen:
                shots.took(position)
        return chosen


def test_the_first_view_is_embedded_at_once_and_one_like_it_is_not() -> None:
    camera = Camera()
    assert camera.shows(0.5, at_s=0.0) == [0]
    assert camera.shows(0.5, at_s=FRAME_S) == []
    assert camera.shows(0.4, at_s=2 * FRAME_S) == []


def test_a_clearly_better_view_is_embedded() -> None:
    camera = Camera()
    camera.shows(0.5, at_s=0.0)
    assert camera.shows(0.53, at_s=FRAME_S) == []
    assert camera.shows(0.6, at_s=2 * FRAME_S) == [0]
    assert camera.shows(0.6, at_s=3 * FRAME_S) == []


def test_somebody_who_stands_there_is_embedded_ever_more_rarely() -> None:
    camera = Camera()
    shots = [step for step in range(40) if camera.shows(0.5, at_s=step * FRAME_S)]
    # ln(1.1) x 3 s = 0.286 s to the second shot, half as much more to each further one.
    assert shots == [0, 4, 10, 17, 26, 37]


def test_however_long_somebody_stands_there_a_shot_comes_before_match_forgets() -> None:
    camera = Camera()
    shots = [step for step in range(1_500) if camera.shows(0.5, at_s=step * FRAME_S)]
    longest = max(later - earlier for earlier, later in pairwise(shots))
    assert longest * FRAME_S == pytest.approx(2.333, abs=FRAME_S)


def test_a_view_that_did_not_become_a_probe_is_tried_again() -> None:
    camera = Camera()
    assert camera.shows(0.5, at_s=0.0, taken=False) == [0]
    assert camera.shows(0.5, at_s=FRAME_S) == [0]


def test_who_finds_no_room_in_a_frame_has_a_turn_in_the_next() -> None:
    camera = Camera()
    merits = (0.3, 0.5, 0.4, 0.6)
    assert camera.shows(*merits, at_s=0.0) == [3, 1]
    assert camera.shows(*merits, at_s=FRAME_S) == [2, 0]
    assert camera.shows(*merits, at_s=2 * FRAME_S) == []


def test_in_a_late_frame_fewer_are_embedded_and_all_are_followed() -> None:
    camera = Camera()
    assert camera.shows(0.5, 0.4, at_s=0.0, left_ms=289.0) == []
    assert camera.shows(0.5, 0.4, at_s=FRAME_S, left_ms=291.0) == [0]
    assert camera.shows(0.5, 0.4, at_s=2 * FRAME_S, left_ms=-1.0) == []
    assert camera.shows(0.5, 0.4, at_s=3 * FRAME_S) == [1]
    assert len(camera.tracker.tracks) == 2


def test_people_without_a_shot_come_before_better_views() -> None:
    camera = Camera(ShotPolicy(per_frame=1))
    camera.shows(0.2, at_s=0.0)
    assert camera.shows(0.9, 0.1, at_s=FRAME_S) == [1]
    assert camera.shows(0.9, 0.1, at_s=2 * FRAME_S) == [0]


def test_a_frame_that_waited_gives_one_template_and_to_nobody_who_has_one() -> None:
    camera, waited_ms = Camera(), POLICY.patience_ms + 1
    assert camera.shows(0.2, 0.5, 0.4, at_s=0.0, waited_ms=waited_ms) == [1]
    assert camera.shows(0.2, 0.9, 0.4, at_s=FRAME_S, waited_ms=waited_ms) == [2]
    assert camera.shows(0.2, 0.9, 0.9, at_s=2 * FRAME_S, waited_ms=waited_ms) == [0]
    assert camera.shows(0.9, 0.9, 0.9, at_s=3 * FRAME_S, waited_ms=waited_ms) == []
    # Better views have their turn as soon as frames have theirs in time.
    assert len(camera.shows(0.9, 0.9, 0.9, at_s=4 * FRAME_S)) == POLICY.per_frame


def test_who_was_refused_and_has_no_shot_is_tried_again_however_late_frames_are() -> None:
    camera, waited_ms = Camera(), POLICY.patience_ms + 1
    shots = BestShots(camera.tracker, POLICY, 0.0, lambda: 600.0, waited_ms=waited_ms)
    assert shots.choose([View(face(0.0), 0.5)]) == [0]
    shots.refused(0)
    assert camera.shows(0.5, at_s=FRAME_S, waited_ms=waited_ms) == [0]


def test_who_was_refused_keeps_nobody_else_from_a_turn() -> None:
    tracker, policy = Tracker(), ShotPolicy(per_frame=1)
    views = [View(face(0.0), 0.9), View(face(300.0), 0.2)]
    turns = []
    for step in range(4):
        shots = BestShots(tracker, policy, step * FRAME_S, lambda: 600.0)
        [chosen] = shots.choose(views)
        turns.append(chosen)
        if chosen == 0:
            shots.refused(chosen)
        else:
            shots.took(chosen)
    # The averted one in front first, then the other, then the first again and again.
    assert turns == [0, 1, 0, 0]


def test_who_was_refused_and_then_seen_well_is_like_everybody_else() -> None:
    camera = Camera()
    shots = BestShots(camera.tracker, POLICY, 0.0, lambda: 600.0)
    shots.choose([View(face(0.0), 0.5)])
    shots.refused(0)
    assert camera.shows(0.5, at_s=FRAME_S) == [0]
    assert not camera.tracker.tracks[0].refused


def test_views_of_one_track_have_one_token_and_others_another() -> None:
    camera = Camera()
    tokens = []
    for step in range(2):
        shots = BestShots(camera.tracker, POLICY, step * FRAME_S, lambda: 600.0)
        shots.choose([View(face(0.0), 0.5), View(face(300.0), 0.5)])
        tokens.append((shots.track(0), shots.track(1)))
    assert tokens[0] == tokens[1]
    assert tokens[0][0] != tokens[0][1]


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=40))
def test_no_later_view_without_a_shot_is_better_than_the_best_by_the_gain(
    merits: list[float],
) -> None:
    camera = Camera()
    best = 0.0
    for step, merit in enumerate(merits):
        if camera.shows(merit, at_s=step * FRAME_S):
            best = merit
        assert merit <= best * POLICY.gain
