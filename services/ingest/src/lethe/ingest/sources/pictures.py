"""From FFmpeg's decoded pictures to BGR in owned memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from lethe.ingest.sources.buffers import OwnedImage
from lethe.ingest.sources.cap import capped_size

if TYPE_CHECKING:
    import av
    from numpy.typing import NDArray

# A header may claim any size; memory is asked for only up to this (an 8k picture has 33 million).
MAX_PIXELS = 40_000_000
# FFmpeg gives the counter-clockwise rotation to apply; phones store it instead of turning pixels.
_TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


class Converter:
    """Scales, turns and copies decoded pictures into reused buffers.

    Parameters
    ----------
    max_width
        Wider pictures are scaled down, keeping their aspect.
    """

    def __init__(self, max_width: int | None) -> None:
        self._max_width = max_width
        # One for all pictures, in the thread that calls: each picture's own would start threads.
        self._reformatter = VideoReformatter()
        self._image = OwnedImage()
        self._turned = OwnedImage()

    def convert(self, picture: av.VideoFrame) -> NDArray[np.uint8]:
        """Give a picture as uint8, height x width x 3, BGR, valid until the next or `wipe`."""
        turn = _TURNS.get(picture.rotation % 360)
        sideways = turn is not None and turn != cv2.ROTATE_180
        shape = (picture.height, picture.width) if sideways else (picture.width, picture.height)
        shown_width, shown_height = capped_size(*shape, self._max_width)
        width, height = (shown_height, shown_width) if sideways else (shown_width, shown_height)
        drawn = self._reformatter.reformat(
            picture, width=width, height=height, format="bgr24", threads=1
        )
        plane = drawn.planes[0]
        view: NDArray[np.uint8] = np.ndarray(
            (height, width, 3), np.uint8, buffer=memoryview(plane), strides=(plane.line_size, 3, 1)
        )
        image = self._image.shaped(height, width)
        np.copyto(image, view)
        if drawn is not picture:
            # FFmpeg frees this copy without overwriting it. (A picture that needed no
            # conversion belongs to the decoder, which may still refer to it.)
            view.fill(0)
        if turn is None:
            return image
        turned = self._turned.shaped(shown_height, shown_width)
        cv2.rotate(image, turn, dst=turned)
        return turned

    def wipe(self) -> None:
        """Overwrite the buffers."""
        self._image.wipe()
        self._turned.wipe()
