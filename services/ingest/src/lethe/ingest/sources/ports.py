"""What every source of pictures offers to the reader thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class SourceFrame:
    """One picture, lent until the source is asked for the next one or closed.

    Attributes
    ----------
    image
        uint8, height x width x 3, BGR: a view into the source's own buffer. Whoever needs it
        longer copies it into a buffer of their own and wipes that.
    pts_s
        When the picture is due, in seconds from the first one; never decreases.
    """

    image: NDArray[np.uint8] = field(repr=False)
    pts_s: float


class Source(Protocol):
    """A camera, a file or a folder. Used by one thread, from `open` to `close`."""

    @property
    def garbled(self) -> int:
        """How many pictures or packets were skipped because they couldn't be decoded."""
        ...

    def open(self) -> None:
        """Get ready to deliver.

        Raises
        ------
        SourceUnavailable
            It can't be opened.
        """
        ...

    def frames(self) -> Generator[SourceFrame, None, None]:
        """Deliver pictures in order; each is overwritten when the next is asked for.

        Raises
        ------
        SourceEnded
            There was no picture at all.
        SourceGarbled
            There was data, but no picture in it.
        """
        ...

    def close(self) -> None:
        """Release everything and overwrite every picture held; may be called twice."""
        ...
