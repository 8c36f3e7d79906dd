"""The place people walk through: a textured wall and floor, wandering light, sensor noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.cli.footage.script import HEIGHT_PX, WIDTH_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FLOOR_Y_PX = 610
# Grain fields are drawn once and cropped at random offsets, which the eye can't tell from
# fresh noise and costs a tenth.
_GRAIN_FIELDS = 3
_GRAIN_SLACK_PX = 48
_GRAIN_SIGMA = 3.2


class Scene:
    """A camera's view without people, periodic in the length of the file so that it loops.

    Parameters
    ----------
    rng
        Draws textures, colours and the light's phases.
    duration_s
        Period of everything that moves, in seconds.
    """

    def __init__(self, rng: np.random.Generator, duration_s: float) -> None:
        self._rng = rng
        self._duration_s = duration_s
        self._phases = rng.uniform(0.0, 2.0 * math.pi, size=2)
        ramp = np.linspace(0.62, 1.22, WIDTH_PX, dtype=np.float32)[None, :, None]
        wall = _wall(rng)
        self._lit_right = np.clip(wall * ramp, 0, 255).astype(np.uint8)
        self._lit_left = np.clip(wall * ramp[:, ::-1], 0, 255).astype(np.uint8)
        self._grain = [_grain(rng) for _ in range(_GRAIN_FIELDS)]

    def paint(self, frame: NDArray[np.uint8], time_s: float) -> None:
        """Fill a frame (uint8, 720 x 1280 x 3, BGR) with the view at a time."""
        share, level = self._lamp(time_s)
        cv2.addWeighted(
            self._lit_left, level * (1.0 - share), self._lit_right, level * share, 0.0, dst=frame
        )

    def light_at(self, time_s: float, x_px: float) -> float:
        """Brightness factor for somebody who stands at a column of the picture."""
        share, level = self._lamp(time_s)
        across = min(1.0, max(0.0, x_px / WIDTH_PX))
        return level * (0.84 + 0.30 * (share * across + (1.0 - share) * (1.0 - across)))

    def add_grain(self, frame: NDArray[np.uint8]) -> None:
        """Add sensor noise in place."""
        field = self._grain[int(self._rng.integers(_GRAIN_FIELDS))]
        top, left = self._rng.integers(_GRAIN_SLACK_PX, size=2)
        window = field[top : top + HEIGHT_PX, left : left + WIDTH_PX]
        cv2.add(frame, window, dst=frame, dtype=cv2.CV_8U)

    def _lamp(self, time_s: float) -> tuple[float, float]:
        """Give where the light stands (0 left .. 1 right) and how strong it is."""
        turn = 2.0 * math.pi * time_s / self._duration_s
        share = 0.5 + 0.45 * math.sin(3.0 * turn + self._phases[0])
        level = 1.0 + 0.16 * math.sin(7.0 * turn + self._phases[1])
        return share, level


def _wall(rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw plaster, panels and a tiled floor: edges and texture, but nothing like a face."""
    tint = rng.uniform(0.94, 1.06, size=3).astype(np.float32)
    wall = np.full((HEIGHT_PX, WIDTH_PX, 3), 128.0, dtype=np.float32) * tint
    for left in range(int(rng.integers(-120, 0)), WIDTH_PX, int(rng.integers(230, 330))):
        shade = float(rng.uniform(0.78, 1.10))
        wall[:_FLOOR_Y_PX, max(0, left) : max(0, left + 150)] *= shade
        wall[:_FLOOR_Y_PX, max(0, left) : max(0, left + 4)] *= 0.6
    wall[_FLOOR_Y_PX:] *= 0.62
    for depth in range(1, 6):
        wall[_FLOOR_Y_PX + depth * depth * 4 :][:2] *= 0.75
    for scale, strength in ((8, 4.0), (40, 6.0), (160, 10.0)):
        wall += strength * _plaster(rng, scale)
    return wall


def _plaster(rng: np.random.Generator, scale: int) -> NDArray[np.float32]:
    coarse = rng.standard_normal((HEIGHT_PX // scale + 2, WIDTH_PX // scale + 2))
    smooth = cv2.resize(
        coarse.astype(np.float32), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(smooth, dtype=np.float32)[:, :, None]


def _grain(rng: np.random.Generator) -> NDArray[np.int16]:
    """Noise that is a little correlated between neighbours, as demosaicing leaves it."""
    shape = (HEIGHT_PX + _GRAIN_SLACK_PX, WIDTH_PX + _GRAIN_SLACK_PX, 3)
    white = rng.standard_normal(shape, dtype=np.float32)
    soft = np.asarray(cv2.GaussianBlur(white, (3, 3), 0.6), dtype=np.float32)
    grain: NDArray[np.int16] = np.rint(soft * (_GRAIN_SIGMA / soft.std())).astype(np.int16)
    return grain
