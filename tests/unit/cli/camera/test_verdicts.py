"""From numbers to what is to be changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lethe.cli.camera.observing import Observation, SeenFace
from lethe.cli.camera.verdicts import Grade, Verdict, judge, worst

FACE = SeenFace(x=0.5, y=0.4, eyes_px=40, sharpness=0.2, brightness=120, in_zone=True, is_cut=False)


def seen(
    *faces: SeenFace, fps: float = 12.0, garbled: int = 0, stalls: int = 0, grey: float = 110.0
) -> Observation:
    pictures = 40
    return Observation(
        width=1280,
        height=720,
        examined=pictures,
        garbled=garbled,
        stalls=stalls,
        arrivals_s=[number / fps for number in range(pictures)],
        brightness=[grey] * pictures,
        burnt=[0.0] * pictures,
        black=[0.0] * pictures,
        faces=list(faces),
    )


def about(observation: Observation, topic: str) -> Verdict:
    [verdict] = [each for each in judge(observation) if each.about == topic]
    return verdict


def test_a_good_camera_is_fine_in_everything() -> None:
    verdicts = judge(seen(FACE, FACE))
    assert worst(verdicts) is Grade.FINE
    assert {verdict.about for verdict in verdicts} == {
        "rate", "transmission", "light", "framing", "size", "focus", "light on faces"
    }  # fmt: skip


@pytest.mark.parametrize("fps", [0.5, 5.0])
def test_a_rate_is_held_against_a_camera_but_not_against_stills(fps: float) -> None:
    camera = seen(FACE, fps=fps)
    assert about(camera, "rate").grade is not Grade.FINE
    stills = replace(camera, stills=True)
    assert about(stills, "rate") == Verdict(Grade.FINE, "rate", "40 stills of 1280x720")
    assert worst(judge(stills)) is Grade.FINE


def test_without_a_picture_the_source_itself_says_why() -> None:
    [verdict] = judge(Observation(trouble="gate refuses the user and password"))
    assert (verdict.grade, verdict.text) == (
        Grade.UNUSABLE, "gate refuses the user and password"
    )  # fmt: skip


def test_without_a_face_somebody_is_to_walk_by() -> None:
    verdict = about(seen(), "faces")
    assert verdict.grade is Grade.ADVICE
    assert "walk through the picture" in verdict.text


@pytest.mark.parametrize(
    ("eyes_px", "grade"),
    [(15.9, Grade.UNUSABLE), (16, Grade.ADVICE), (23.9, Grade.ADVICE), (24, Grade.FINE)],
)
def test_the_size_of_faces_is_held_against_floor_and_desire(eyes_px: float, grade: Grade) -> None:
    assert about(seen(replace(FACE, eyes_px=eyes_px)), "size").grade is grade


@pytest.mark.parametrize(
    ("sharpness", "grade"),
    [(0.02, Grade.UNUSABLE), (0.05, Grade.ADVICE), (0.2, Grade.FINE)],
)
def test_focus_is_judged_by_the_faces(sharpness: float, grade: Grade) -> None:
    assert about(seen(replace(FACE, sharpness=sharpness)), "focus").grade is grade


@pytest.mark.parametrize(
    ("grey", "grade"),
    [(5, Grade.UNUSABLE), (110, Grade.FINE), (250, Grade.UNUSABLE)],
)
def test_a_picture_too_dark_or_too_bright_is_unusable(grey: float, grade: Grade) -> None:
    assert about(seen(FACE, grey=grey), "light").grade is grade


@pytest.mark.parametrize("brightness", [30, 240])
def test_badly_lit_faces_are_told(brightness: float) -> None:
    verdict = about(seen(replace(FACE, brightness=brightness)), "light on faces")
    assert verdict.grade is Grade.ADVICE


@pytest.mark.parametrize(
    ("fps", "grade"), [(2, Grade.UNUSABLE), (5, Grade.ADVICE), (8, Grade.FINE)]
)
def test_a_slow_camera_is_told(fps: float, grade: Grade) -> None:
    assert about(seen(FACE, fps=fps), "rate").grade is grade


def test_interruptions_and_garbled_pictures_are_told() -> None:
    assert about(seen(FACE, stalls=1), "transmission").grade is Grade.ADVICE
    assert about(seen(FACE, garbled=5), "transmission").grade is Grade.ADVICE


def test_faces_outside_the_zone_or_cut_by_the_edge_are_about_framing() -> None:
    outside = replace(FACE, in_zone=False)
    assert about(seen(outside), "framing").grade is Grade.UNUSABLE
    assert about(seen(FACE, outside), "framing").grade is Grade.ADVICE
    assert about(seen(FACE, replace(FACE, is_cut=True)), "framing").grade is Grade.ADVICE


def test_the_summary_holds_numbers_only() -> None:
    summary = seen(FACE, replace(FACE, in_zone=False)).summary()
    assert (summary["faces"], summary["faces_in_zone"]) == (2, 1)
    assert summary["eyes_px"] == {"least": 40, "median": 40, "most": 40}
    assert summary["fps"] == 12.0
    assert seen().summary()["eyes_px"] is None
