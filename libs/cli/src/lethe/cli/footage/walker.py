"""One person crossing the picture: a soft cut-out of head and shoulders that moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from lethe.cli.footage.script import HEIGHT_PX, SWELL, WIDTH_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lethe.cli.footage.cast import Portrait
    from lethe.cli.footage.scene import Scene
    from lethe.cli.footage.script import Pass

# Share of the cut-out's radius over which it fades into the background.
_FEATHER = 0.2
_EXPOSURE_S = 1 / 80
_STEPS_PER_S = 1.8
_OPAQUE = 3


class Walker:
    """Draws one pass. Everything that doesn't change from frame to frame is made once.

    Parameters
    ----------
    one
        The pass; its seed decides defocus, colour cast, side light and gait.
    """

    def __init__(self, one: Pass) -> None:
        rng = np.random.default_rng(one.seed)
        self._pass = one
        scale = one.eye_distance_px * (1.0 + SWELL) / one.portrait.eye_distance_px
        self._half_width_px = one.portrait.reach[0] * one.portrait.box[3] * scale
        self._half_height_px = one.portrait.reach[1] * one.portrait.box[3] * scale
        self._cutout = self._cut_out(rng, scale)
        self._phase = float(rng.uniform(0.0, 2.0 * math.pi))
        self._lean_deg = float(rng.uniform(1.0, 3.0))
        speed_px_s = (WIDTH_PX + 2.0 * self._half_width_px) / (one.end_s - one.start_s)
        self._smear_px = max(1, round(speed_px_s * _EXPOSURE_S))

    def present(self, time_s: float) -> bool:
        """Whether any of the person is inside the picture."""
        return self._pass.start_s <= time_s < self._pass.end_s

    def centre_px(self, time_s: float) -> tuple[float, float]:
        """Where the middle of the cut-out is: column and row."""
        one = self._pass
        progress = (time_s - one.start_s) / (one.end_s - one.start_s)
        if one.lane.leftwards:
            progress = 1.0 - progress
        column = -self._half_width_px + progress * (WIDTH_PX + 2.0 * self._half_width_px)
        step = 2.0 * math.pi * _STEPS_PER_S * time_s + self._phase
        return column, one.lane.centre_y_px + 0.02 * self._half_height_px * math.sin(step)

    def draw(self, frame: NDArray[np.uint8], time_s: float, scene: Scene) -> None:
        """Composite the person into a frame (uint8, 720 x 1280 x 3, BGR), in place.

        Only the region that the cut-out touches is read or written.
        """
        column, row = self.centre_px(time_s)
        reach_x = math.ceil(self._half_width_px) + self._smear_px + 2
        reach_y = math.ceil(self._half_height_px) + 8
        left, right = max(0, int(column) - reach_x), min(WIDTH_PX, int(column) + reach_x)
        top, bottom = max(0, int(row) - reach_y), min(HEIGHT_PX, int(row) + reach_y)
        if left >= right or top >= bottom:
            return
        move = self._placement(time_s, column - left, row - top)
        layer = cv2.warpAffine(self._cutout, move, (right - left, bottom - top))
        layer = cv2.blur(layer, (self._smear_px, 1))
        region = frame[top:bottom, left:right]
        behind = 1.0 - layer[:, :, _OPAQUE:]
        shown = layer[:, :, :_OPAQUE] * scene.light_at(time_s, column) + region * behind
        region[:] = np.clip(shown, 0, 255).astype(np.uint8)

    def _placement(self, time_s: float, column: float, row: float) -> NDArray[np.float64]:
        """Affine map from the cut-out to a region where its centre lies at (column, row)."""
        one = self._pass
        middle = (time_s - one.start_s) / (one.end_s - one.start_s)
        size = (1.0 + SWELL * math.sin(2.0 * math.pi * middle + self._phase)) / (1.0 + SWELL)
        sway = self._lean_deg * math.sin(math.pi * _STEPS_PER_S * time_s + self._phase)
        height, width = self._cutout.shape[:2]
        move = cv2.getRotationMatrix2D((width / 2.0, height / 2.0), sway, size)
        move[:, 2] += (column - width / 2.0, row - height / 2.0)
        return np.asarray(move, dtype=np.float64)

    def _cut_out(self, rng: np.random.Generator, scale: float) -> NDArray[np.float32]:
        """Make the person at full size: float32, BGR premultiplied by alpha, then alpha."""
        width, height = (2 * math.ceil(x) for x in (self._half_width_px, self._half_height_px))
        picture = _scaled(self._pass.portrait, scale, width, height)
        defocus_px = float(rng.uniform(0.4, 1.2)) * self._pass.eye_distance_px / 50.0
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), defocus_px), dtype=np.float32)
        side = float(rng.uniform(-0.16, 0.16))
        cast = rng.uniform(0.93, 1.07, size=3).astype(np.float32)
        picture = picture * np.linspace(1.0 - side, 1.0 + side, width, dtype=np.float32)[:, None]
        across = (np.arange(width, dtype=np.float32) + 0.5 - width / 2.0) / self._half_width_px
        down = (np.arange(height, dtype=np.float32) + 0.5 - height / 2.0) / self._half_height_px
        radius = np.sqrt(across[None, :] ** 2 + down[:, None] ** 2)
        alpha = np.clip((1.0 - radius) / _FEATHER, 0.0, 1.0)[:, :, None]
        return np.concatenate([picture * cast * alpha, alpha], axis=2).astype(np.float32)


def _scaled(portrait: Portrait, scale: float, width: int, height: int) -> NDArray[np.float32]:
    """Resample a photograph so that the face's centre is in the middle of width x height."""
    left, top, box_width, box_height = portrait.box
    centre = (left + box_width / 2.0, top + box_height / 2.0)
    back = 1.0 / scale
    move = np.array(
        [
            [back, 0.0, centre[0] - back * width / 2.0],
            [0.0, back, centre[1] - back * height / 2.0],
        ]
    )
    # A photograph that shrinks is low-passed first, or hair and teeth would alias.
    source = portrait.image
    if scale < 1.0:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), 0.45 * back), dtype=np.uint8)
    picture = cv2.warpAffine(
        source,
        move,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(picture, dtype=np.float32)
