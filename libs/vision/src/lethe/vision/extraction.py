"""What an image gave: templates, and the faces that they are of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lethe.vision.faces import Face


@dataclass(frozen=True, eq=False)
class Extraction:
    """What an image gave; the templates are overwritten when its `with` block ends.

    Attributes
    ----------
    detected
        The faces that the detector reported: those below and the discarded ones.
    unsure
        What may be a face: averted or half hidden. It is counted as none and gets no template,
        but nobody is shown it either.
    discarded
        How many got no template, by the value of their `DiscardReason`.
    faces
        Those that did, with the landmarks of a second look.
    positions
        For each of them its place among the views that the chooser was shown.
    templates
        Array (len(faces), template_length) float32, each row of length 1, in owned memory.
    """

    detected: list[Face]
    unsure: list[Face]
    discarded: dict[str, int]
    faces: list[Face]
    positions: list[int]
    templates: NDArray[np.float32] = field(repr=False)

    @property
    def seen(self) -> int:
        """How many faces the detector reported."""
        return len(self.detected)

    def others(self, index: int) -> list[Face]:
        """Return what is a face or may be one, but the one that `faces` has at a place."""
        own = self.faces[index]
        return [face for face in (*self.detected, *self.unsure) if face.box != own.box]
