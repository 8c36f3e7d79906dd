"""Shots of one track are compared as their mean template would be, without keeping a template."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.contracts.instants import Instant
from lethe.contracts.probe import NO_TRACK
from lethe.match.ports import Comparison
from lethe.match.tracks import TrackScores, mean_gain

ONE, OTHER = b"track-01", b"track-02"
NEEDED = 0.5


def at(seconds: float) -> Instant:
    return Instant(boot_id="boot", boot_us=round(seconds * 1e6), wall_us=round(seconds * 1e6))


def comparisons(**cosines: float) -> list[Comparison]:
    ordered = sorted(cosines.items(), key=lambda entry: -entry[1])
    return [Comparison(f"{subject}-r1", subject, cosine) for subject, cosine in ordered]


class Track:
    """Shots of one track, a second apart."""

    def __init__(self, scores: TrackScores | None = None, token: bytes = ONE) -> None:
        self.scores = scores or TrackScores()
        self.token = token
        self.now_s = 0.0

    def shot(
        self, camera_id: str = "camera-1", after_s: float = 1.0, **cosines: float
    ) -> dict[str, float]:
        self.now_s += after_s
        combined = self.scores.combine(
            camera_id, self.token, comparisons(**cosines), needed=NEEDED, captured=at(self.now_s)
        )
        return {one.subject_id: one.cosine for one in combined}


def test_what_was_kept_goes_with_the_time_also_when_nobody_comes_any_more() -> None:
    track = Track()
    track.shot(a=0.48)
    assert track.scores._kept
    track.scores.forget(at(track.now_s + 5.0))
    assert not track.scores._kept


def test_a_first_shot_counts_as_it_is() -> None:
    assert Track().shot(a=0.48, b=0.1) == {"a": 0.48, "b": 0.1}


def test_of_several_references_of_a_subject_the_best_counts() -> None:
    found = [Comparison("r1", "a", 0.6), Comparison("r2", "b", 0.5), Comparison("r3", "a", 0.4)]
    combined = TrackScores().combine("c", NO_TRACK, found, needed=NEEDED, captured=at(0))
    assert [(c.reference_id, c.cosine) for c in combined] == [("r1", 0.6), ("r2", 0.5)]


def test_two_shots_below_the_threshold_can_make_a_candidate_together() -> None:
    track = Track()
    assert track.shot(a=0.48)["a"] < NEEDED
    assert track.shot(a=0.48)["a"] == pytest.approx(0.48 * mean_gain(2))
    assert track.shot(a=0.48)["a"] > NEEDED


def test_any_number_of_shots_gains_no_more_than_five() -> None:
    track = Track()
    assert [track.shot(a=0.42)["a"] for _ in range(40)][-1] == pytest.approx(0.42 * mean_gain(5))
    assert 0.42 * mean_gain(5) < NEEDED


def test_one_lucky_shot_does_not_outweigh_the_others() -> None:
    track = Track()
    track.shot(a=0.2)
    track.shot(a=0.2)
    assert track.shot(a=0.55)["a"] < NEEDED


def test_probes_without_a_track_are_never_combined() -> None:
    track = Track(token=NO_TRACK)
    assert [track.shot(a=0.48)["a"] for _ in range(5)] == [0.48] * 5


def test_tracks_do_not_mix() -> None:
    scores = TrackScores()
    Track(scores).shot(a=0.48)
    assert Track(scores, OTHER).shot(a=0.48)["a"] == 0.48
    assert Track(scores).shot(camera_id="camera-2", a=0.48)["a"] == 0.48


def test_a_track_without_a_shot_for_five_seconds_is_forgotten() -> None:
    track = Track()
    track.shot(a=0.48)
    assert track.shot(after_s=4.9, a=0.48)["a"] > 0.48
    assert track.shot(after_s=5.1, a=0.48)["a"] == 0.48
    assert len(track.scores._kept) == 1


def test_of_somebody_who_resembles_nobody_no_score_is_kept() -> None:
    track = Track()
    for _ in range(4):
        track.shot(a=0.3, b=0.2, c=-0.1)
    [kept] = track.scores._kept.values()
    assert kept.sums == {}


def test_few_scores_are_kept_of_anybody() -> None:
    track = Track()
    track.shot(a=0.49, b=0.48, c=0.47, d=0.46, e=0.45)
    [kept] = track.scores._kept.values()
    assert set(kept.sums) == {"a", "b", "c"}
    assert "0.4" not in repr(kept)


@given(
    st.lists(st.floats(-0.2, 1.0), min_size=1, max_size=8),
)
def test_a_combined_cosine_is_never_more_than_the_best_shot_and_the_gain_allow(
    cosines: list[float],
) -> None:
    track = Track()
    for count, cosine in enumerate(cosines, start=1):
        combined = track.shot(a=cosine)["a"]
        floor = NEEDED - 0.12
        assert combined <= min(max(*cosines[:count], floor) * mean_gain(count), 1.0) + 1e-9
        assert math.isfinite(combined)


@pytest.mark.parametrize("shots", [2, 3, 5])
def test_the_gain_is_that_of_a_mean_template(shots: int) -> None:
    # Unit vectors with one cosine between any two, and a reference with one cosine to all.
    between, to_reference = 0.75, 0.4
    size = shots + 1
    gram = np.full((size, size), between)
    gram[-1, :] = gram[:, -1] = to_reference
    np.fill_diagonal(gram, 1.0)
    *templates, reference = np.linalg.cholesky(gram)
    mean = np.sum(templates, axis=0)
    cosine = float((mean * reference).sum() / np.linalg.norm(mean))
    assert cosine == pytest.approx(to_reference * mean_gain(shots))
