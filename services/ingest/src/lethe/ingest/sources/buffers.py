"""Owned picture memory: reused from frame to frame and overwritten before it is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OwnedImage:
    """One reusable picture buffer that grows as needed and never leaves a picture behind."""

    def __init__(self) -> None:
        self._memory: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
        self._used = 0

    def shaped(self, height: int, width: int, channels: int = 3) -> NDArray[np.uint8]:
        """Give a view of the buffer, uint8 height x width x channels; its content is undefined.

        Memory outside the view is overwritten: what a larger picture left, or all of it when it
        has become too small and is replaced.
        """
        return self._sized(height * width * channels).reshape(height, width, channels)

    def like(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Give a view of the shape of an image, pixels or a JPEG's bytes; see `shaped`."""
        return self._sized(image.size).reshape(image.shape)

    def _sized(self, size: int) -> NDArray[np.uint8]:
        self._memory[size : self._used].fill(0)
        self._used = size
        if size > self._memory.size:
            self._memory.fill(0)
            self._memory = np.zeros(size, dtype=np.uint8)
        return self._memory[:size]

    def wipe(self) -> None:
        """Overwrite every byte; views stay valid and see zeros."""
        self._memory.fill(0)
        self._used = 0
