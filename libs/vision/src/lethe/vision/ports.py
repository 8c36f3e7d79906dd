"""What the rest of Lethe asks of a detector and of an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lethe.vision.faces import Face


class Detector(Protocol):
    """Finds faces. An instance keeps working buffers: use one per thread."""

    def detect(self, image: NDArray[np.uint8]) -> list[Face]:
        """Find the faces in an image, best first.

        Parameters
        ----------
        image
            Array (height, width, 3) uint8, BGR. It is not changed and not kept.

        Returns
        -------
        list of Face
            Boxes and landmarks in pixels of `image`.
        """
        ...


class Embedder(Protocol):
    """Makes templates of aligned crops. An instance keeps working buffers: use one per thread."""

    @property
    def template_length(self) -> int:
        """The number of float32 values in a template."""
        ...

    def embed(self, crops: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
        """Write the templates of aligned crops into `out`.

        Parameters
        ----------
        crops
            Array (n, 112, 112, 3) uint8, BGR, aligned by `lethe.vision.align`.
        out
            Array (n, template_length) float32; every row gets the length 1.
        """
        ...
