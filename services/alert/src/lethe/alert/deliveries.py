"""How far the consoles of the stream have come, as they said themselves: numbers, and no person."""

import functools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Scope:
    """What consoles are limited to: of what is told to one of a scope, each is told the same.

    Attributes
    ----------
    deployments, areas
        None stands for all there are.
    """

    deployments: frozenset[str] | None = None
    areas: frozenset[str] | None = None


class Sent(Protocol):
    """Knows what one connection was sent."""

    @property
    def sent(self) -> tuple[int, int]:
        """The sequences behind the first of which, up to the second, alerts were handed out."""
        ...


@dataclass(frozen=True, slots=True)
class Reached:
    """How far consoles have come.

    Attributes
    ----------
    connected
        How many there are.
    received
        The sequence up to which each of them has received what was for it; None where there is
        none.
    up_to_date
        How many of them have received all that was for them, up to the newest alert.
    """

    connected: int
    received: int | None
    up_to_date: int = 0


class Spans:
    """Sequences, as spans of them: one, where nobody has missed anything."""

    def __init__(self) -> None:
        self._after: list[int] = []
        self._upto: list[int] = []

    def add(self, after: int, upto: int) -> None:
        """Add the sequences behind one, up to and including another."""
        first, end = bisect_left(self._upto, after), bisect_right(self._after, upto)
        if first < end:
            after, upto = min(after, self._after[first]), max(upto, self._upto[end - 1])
        self._after[first:end], self._upto[first:end] = [after], [upto]

    def __contains__(self, sequence: int) -> bool:
        """Tell whether a sequence is in one of them."""
        place = bisect_left(self._after, sequence) - 1
        return place >= 0 and sequence <= self._upto[place]


@dataclass(slots=True)
class _Group:
    """The consoles of a scope, by how far each has come, and what any of them has received.

    Attributes
    ----------
    withheld
        Of deployments the sequence up to which alerts weren't told, since they weren't within the
        scope then: an order that names the area may be heard after an alert.
    """

    places: Counter[int] = field(default_factory=Counter)
    received: Spans = field(default_factory=Spans)
    withheld: dict[str, int] = field(default_factory=dict)

    def has(self, deployment_id: str, sequence: int) -> bool:
        return sequence > self.withheld.get(deployment_id, 0) and sequence in self.received

    def moves(self, place: int, to: int) -> None:
        self.leaves(place)
        self.places[to] += 1

    def leaves(self, place: int) -> None:
        self.places[place] -= 1
        if not self.places[place]:
            del self.places[place]


class Console:
    """What one connection has received. Made by `Deliveries.connect`."""

    def __init__(self, stream: Sent, group: _Group, left: Callable[[], None]) -> None:
        self._stream = stream
        self._group = group
        self._left = left
        self._place = stream.sent[0]
        # Of deployments the first that it was told of those that were withheld before.
        self._told_from: dict[str, int] = {}
        group.places[self._place] += 1

    def handed(self, deployment_id: str, sequence: int, *, is_told: bool) -> None:
        """Note whether it was told of an alert, or wasn't since that isn't within its scope."""
        withheld = self._group.withheld
        if not is_told:
            withheld[deployment_id] = max(sequence, withheld.get(deployment_id, 0))
        elif sequence <= withheld.get(deployment_id, 0):
            # By now it is: from here on it is told all.
            self._told_from.setdefault(deployment_id, sequence)

    def received(self, sequence: int) -> None:
        """Take its word that it has all up to a sequence; never more than it was sent."""
        skipped, sent = self._stream.sent
        reached = min(sequence, sent)
        if reached <= self._place:
            return
        # What it began behind, or what a gap passed over, it wasn't sent.
        if reached > skipped:
            self._group.received.add(max(self._place, skipped), reached)
        self._group.moves(self._place, reached)
        self._place = reached
        for deployment_id, first in list(self._told_from.items()):
            withheld = self._group.withheld[deployment_id]
            if withheld <= reached:
                self._group.withheld[deployment_id] = min(withheld, first - 1)
                del self._told_from[deployment_id]

    def leave(self) -> None:
        """Count it no longer; what it has received it has."""
        self._group.leaves(self._place)
        self._left()


class Deliveries:
    """Adds up what consoles say that they have received, for as long as this leader's term lasts.

    A word of one costs a few additions; asking costs as much as there are different places,
    which are few: all consoles are told the same at about the same time.

    Parameters
    ----------
    kept
        Of how many scopes what was received is known once nobody of it is connected any more.
    """

    def __init__(self, kept: int = 1_000) -> None:
        self._kept = kept
        self._groups: dict[Scope, _Group] = {}
        # Scopes of which nobody is connected, whoever left first in front.
        self._left: dict[Scope, None] = {}

    def connect(self, stream: Sent, scope: Scope) -> Console:
        """Begin with a console."""
        self._left.pop(scope, None)
        group = self._groups.setdefault(scope, _Group())
        return Console(stream, group, functools.partial(self._leave, scope))

    def _leave(self, scope: Scope) -> None:
        if self._groups[scope].places:
            return
        self._left[scope] = None
        if len(self._left) > self._kept:
            oldest = next(iter(self._left))
            del self._left[oldest], self._groups[oldest]

    def reached(self, sees: Callable[[Scope], bool] = lambda _: True, newest: int = 0) -> Reached:
        """Return how far the consoles have come of the scopes that `sees` tells.

        Parameters
        ----------
        newest
            The sequence of the newest alert.
        """
        places = [group.places for scope, group in self._groups.items() if sees(scope)]
        lowest = [min(each) for each in places if each]
        return Reached(
            connected=sum(each.total() for each in places),
            received=min(lowest, default=None),
            up_to_date=sum(n for each in places for place, n in each.items() if place >= newest),
        )

    def has(self, deployment_id: str, sequence: int, sees: Callable[[Scope], bool]) -> bool:
        """Tell whether a console of these scopes has received an alert of a deployment."""
        return any(
            group.has(deployment_id, sequence)
            for scope, group in self._groups.items()
            if sees(scope)
        )
