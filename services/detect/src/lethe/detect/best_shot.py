"""A view of somebody that is worth a template, and what goes with it to the officers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lethe.contracts.headings import Heading
from lethe.contracts.probe import CROP_LIMIT_BYTES, figure_limit_bytes
from lethe.shredding.memory import wipe_bytes
from lethe.vision.extraction import Extraction
from lethe.vision.figure import figure_jpeg
from lethe.vision.portrait import portrait_jpeg


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One embedded face of an open frame; it is valid only while the extraction is.

    Attributes
    ----------
    image
        The frame: array (height, width, 3) uint8, BGR.
    index
        Which of the extraction's faces it is.
    heading, track
        What the camera's tracker says of the person.
    """

    image: NDArray[np.uint8] = field(repr=False)
    extraction: Extraction = field(repr=False)
    index: int
    heading: Heading | None = field(repr=False)
    track: bytes = field(repr=False)

    @property
    def template(self) -> memoryview:
        """The template's float32 values as bytes."""
        return memoryview(self.extraction.templates[self.index]).cast("B")

    @contextmanager
    def pictures(self) -> Iterator[tuple[memoryview, memoryview]]:
        """Give the JPEGs of face and upper body, in which nobody else's face is seen.

        They are overwritten when the `with` block ends.
        """
        face, others = self.extraction.faces[self.index], self.extraction.others(self.index)
        crop = figure = b""
        try:
            crop = portrait_jpeg(self.image, face, others, limit_bytes=CROP_LIMIT_BYTES)
            room_bytes = figure_limit_bytes(len(self.template), len(crop))
            figure = figure_jpeg(self.image, face, others, limit_bytes=room_bytes)
            yield memoryview(crop), memoryview(figure)
        finally:
            wipe_bytes(crop)
            wipe_bytes(figure)
