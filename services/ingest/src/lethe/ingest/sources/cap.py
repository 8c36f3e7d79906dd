"""Caps that keep a camera within what the rest of the system can use."""

from __future__ import annotations

import math

from lethe.contracts.cameras import LONGEST_SIDE_PX, MOST_FRAME_PIXELS

# Presentation times are rounded to the container's time base; a frame that is early by less
# than this is on time.
_TOLERANCE_S = 0.002


class RateCap:
    """Picks frames out of a stream so that at most `max_fps` of them are left.

    Parameters
    ----------
    max_fps
        Frames per second; None lets everything through.
    """

    def __init__(self, max_fps: float | None) -> None:
        if max_fps is not None and max_fps <= 0:
            raise ValueError("max_fps must be positive")
        self._interval_s = 0.0 if max_fps is None else 1.0 / max_fps
        self._due_s = float("-inf")

    def admits(self, pts_s: float) -> bool:
        """Whether the frame of this time is one to keep; times come in order."""
        if pts_s < self._due_s - _TOLERANCE_S:
            return False
        # Counting on from the due time keeps the mean rate when the intervals don't divide;
        # after a gap it starts afresh, so that no burst follows.
        behind = pts_s - self._due_s > self._interval_s
        self._due_s = (pts_s if behind else self._due_s) + self._interval_s
        return True


def capped_size(width: int, height: int, max_width: int | None) -> tuple[int, int]:
    """Give the width and height to deliver: aspect kept, even, never enlarged.

    Even sizes suit every chroma layout downstream; a picture within the caps stays as it is.
    Whatever `max_width` says, none is larger than detect takes, however high it is.
    """
    scale = min(
        1.0,
        (max_width or width) / width,
        math.sqrt(MOST_FRAME_PIXELS / (width * height)),
        LONGEST_SIDE_PX / max(width, height),
    )
    if scale == 1.0:
        return width, height
    capped = max(2, int(width * scale) // 2 * 2)
    highest = min(LONGEST_SIDE_PX, MOST_FRAME_PIXELS // capped // 2 * 2)
    return capped, max(2, min(round(height * capped / width / 2) * 2, highest))
