"""The grants that this instance sent, as they come back from the broker: nothing new is in them."""

from collections import deque

_MOST_KEPT = 1_000
"""Some seconds of a hundred holders. One that comes back later is checked, and known as heard."""


class SentGrants:
    """Remembers the bodies of the grants that were sent last."""

    def __init__(self) -> None:
        self._order: deque[bytes] = deque()
        self._bodies: set[bytes] = set()

    def __contains__(self, body: bytes) -> bool:
        """Tell whether this instance sent exactly this."""
        return body in self._bodies

    def note(self, body: bytes) -> None:
        """Remember a grant that is about to be sent, and is accounted for."""
        self._bodies.add(body)
        self._order.append(body)
        if len(self._order) > _MOST_KEPT:
            self._bodies.discard(self._order.popleft())
