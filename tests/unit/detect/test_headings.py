"""Where somebody is going, told from where a face was; and nothing while that can't be told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.contracts.headings import Heading
from lethe.detect.headings import Path

FRAME_S = 1 / 12


def walked(*, across: float = 0.0, along: float = 0.0, frames: int = 12, seed: int = 0) -> Path:
    """Return a path: `across` in sides of the face a second, `along` as growth a second.

    Boxes tremble as a detector's do: by 2% of the face's side in place and by 4% in size.
    """
    noise = np.random.default_rng(seed)
    path = Path()
    for step in range(frames):
        at_s = step * FRAME_S
        side = 60.0 * np.exp(along * at_s)
        x = 300.0 + across * 60.0 * at_s + noise.normal(0, 0.02 * side)
        path.add(at_s, float(x), float(side * (1 + noise.normal(0, 0.04))))
    return path


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("across", "along", "expected"),
    [
        (4.0, 0.0, {Heading.RIGHT, Heading.TOWARDS_RIGHT, Heading.AWAY_RIGHT}),
        (-4.0, 0.0, {Heading.LEFT, Heading.TOWARDS_LEFT, Heading.AWAY_LEFT}),
        (0.0, 0.5, {Heading.TOWARDS}),
        (0.0, -0.5, {Heading.AWAY}),
        (2.0, 0.5, {Heading.TOWARDS_RIGHT}),
        (-2.0, 0.5, {Heading.TOWARDS_LEFT}),
        (2.0, -0.5, {Heading.AWAY_RIGHT}),
        (-2.0, -0.5, {Heading.AWAY_LEFT}),
    ],
)
def test_a_walk_is_told_although_boxes_tremble(
    across: float, along: float, expected: set[Heading], seed: int
) -> None:
    assert walked(across=across, along=along, seed=seed).heading() in expected


def test_who_stands_is_standing() -> None:
    path = Path()
    for step in range(12):
        path.add(step * FRAME_S, 300.0, 60.0)
    assert path.heading() is Heading.STANDING


def test_only_the_last_second_counts() -> None:
    path = walked(across=4.0, frames=24)
    x = 300.0 + 4.0 * 60.0 * 2
    for step in range(24, 40):
        path.add(step * FRAME_S, x - 240.0 * (step - 24) * FRAME_S, 60.0)
    assert path.heading() in {Heading.LEFT, Heading.TOWARDS_LEFT, Heading.AWAY_LEFT}


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_short_path_tells_nothing(frames: int) -> None:
    assert walked(across=4.0, frames=frames).heading() is None


@given(st.floats(1, 4000), st.floats(0.5, 2000), st.lists(st.floats(0, 3), max_size=40))
def test_any_path_has_a_heading_or_none(x: float, side: float, times: list[float]) -> None:
    path = Path()
    for at_s in sorted(times):
        path.add(at_s, x, side)
    assert path.heading() in {None, Heading.STANDING}
