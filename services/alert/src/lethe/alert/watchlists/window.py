"""How many reference images may be under way at a time."""

_FEWEST, _FIRST, _MOST = 2.0, 4.0, 24.0
_IN_TIME_MS = 400.0
"""From sealing to the outcome. Keys have lived for half of their time by then, of the slowest."""


class Window:
    """Grows while images come through in time, shrinks when they don't, as TCP's window does.

    Live frames come first in detect. How much that leaves for images isn't known here, but it
    shows in how long they take; one that waits for longer than its keys live is work for nothing.
    """

    def __init__(self) -> None:
        self._size = _FIRST
        self._was_full = False

    @property
    def size(self) -> int:
        """How many images may be under way."""
        return int(self._size)

    def came(self, after_ms: float) -> None:
        """Note the outcome of an image: one more for all that are under way, or half as many."""
        if after_ms > _IN_TIME_MS:
            self._was_full = True
            self._size = max(_FEWEST, self._size - 0.5)
        else:
            # At first one more for each: until it is known how many are too many.
            self._size = min(_MOST, self._size + (1 / self._size if self._was_full else 1))

    def lost(self) -> None:
        """Note that an image got no outcome."""
        self._was_full = True
        self._size = max(_FEWEST, self._size / 2)
