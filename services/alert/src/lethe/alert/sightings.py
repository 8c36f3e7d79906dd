"""When the subject of an alert was seen, where its order has that kept: a record of movements."""

from collections.abc import Sequence

MOST_KEPT = 100
"""Of an alert, the latest: somebody who stays before a camera is seen every few seconds."""


def with_another(kept: Sequence[int], captured_wall_us: int) -> tuple[int, ...]:
    """Return sightings with one more, in the order in which they were seen.

    Parameters
    ----------
    kept
        Times of capture, UTC in microseconds since 1970.
    """
    return tuple(sorted((*kept, captured_wall_us)))[-MOST_KEPT:]
