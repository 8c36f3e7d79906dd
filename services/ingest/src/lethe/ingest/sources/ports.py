"""What every source of pictures offers to the reader thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

STALL_S = 0.4
"""A camera that sends nothing for this long is silent. What is held of its pictures is gone a
tenth of a second later at most: half a second after whatever came last, and twice `STALL_S` after
the last picture where data came and no picture. It has stalled then too, unless it sends pictures
more seldom."""

_PIXELS = 3


@dataclass(frozen=True, slots=True, eq=False)
class SourceFrame:
    """One picture, lent until the source is asked for the next one or closed.

    Attributes
    ----------
    image
        uint8, height x width x 3, BGR, or in one dimension the bytes of a JPEG as the camera
        sent it: a view into the source's own buffer. Whoever needs it longer copies it into a
        buffer of their own and wipes that.
    pts_s
        When the picture is due, in seconds from the first one; never decreases.
    """

    image: NDArray[np.uint8] = field(repr=False)
    pts_s: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Said instead of a picture that came and that the cap on the rate leaves out.

    The source was heard all the same.
    """


def is_jpeg(image: NDArray[np.uint8]) -> bool:
    """Tell whether an image is a JPEG as it came rather than pixels."""
    return image.ndim != _PIXELS


class Source(Protocol):
    """A camera, a file or a folder. Used by one thread, from `open` to `close`.

    Attributes
    ----------
    live
        It goes at its own pace, its pictures count from their arrival, and it is opened again
        when it fails.
    stall_s
        Silence after which a live source counts as stalled; None where silence is normal.
    """

    live: bool
    stall_s: float | None

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

    def frames(self) -> Generator[SourceFrame | LeftOut | None, None, None]:
        """Deliver pictures in order; each is overwritten when the next is asked for.

        Yields
        ------
        SourceFrame, LeftOut or None
            None, a few times a second, while a live source has no first picture yet, or can wait
            and has nothing new.

        Raises
        ------
        SourceEnded
            There was no picture at all.
        SourceGarbled
            There was data, but no picture in it.
        SourceStalled, SourceLost
            A live source sends nothing more, or ended the connection.
        """
        ...

    def close(self) -> None:
        """Release everything and overwrite every picture held; may be called twice."""
        ...
