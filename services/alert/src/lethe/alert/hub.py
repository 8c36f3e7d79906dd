"""The officers' stream: one append-only log in memory, a cursor per connection."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from lethe.alert.alerts import Alert
from lethe.alert.deliveries import Deliveries
from lethe.runtime import metrics

_MORE = 64
"""A 64th more than is kept is trimmed in one go: deleting at the front of a list moves the rest."""


class EventKind(StrEnum):
    """What happened to an alert."""

    ALERT = "alert"
    SIGHTING = "sighting"
    ACKNOWLEDGED = "acknowledged"
    CLAIMED = "claimed"
    RELEASED = "released"
    ADJUDICATED = "adjudicated"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class HubEvent:
    """Something that every connected officer hears: the alert as it is after it happened."""

    kind: EventKind
    alert: Alert


@dataclass(frozen=True, slots=True)
class Gap:
    """Alerts after `after`, up to and including `sequence`, are no longer on the stream.

    When `sequence` is the lower one, the client comes from another log and must begin anew.
    """

    after: int
    sequence: int


class EventLog:
    """The newest events, each at a position that never changes.

    Attributes
    ----------
    floor
        The highest sequence of an alert that is no longer kept.
    last
        The sequence of the newest alert, 0 when there is none.
    is_closed
        Whether nothing will be appended any more.
    """

    def __init__(self, kept: int) -> None:
        self.floor = 0
        self.last = 0
        self.is_closed = False
        self._kept = kept
        self._events: list[HubEvent] = []
        # The highest sequence up to each event: rising, so that a resume is a bisection.
        self._reached: list[int] = []
        self._base = 0
        self._news = asyncio.Event()

    @property
    def end(self) -> int:
        """The position that the next event gets."""
        return self._base + len(self._events)

    def start_at(self, floor: int) -> None:
        """Say that the alerts up to `floor` exist but aren't kept here."""
        self.floor = self.last = floor

    def append(self, event: HubEvent) -> None:
        """Append an event; an alert that is there already is ignored.

        Whoever resumes is told what happened to an alert that is closed, and of it nothing else:
        its earlier events tell it as it is then.
        """
        if event.kind is EventKind.ALERT:
            if event.alert.sequence <= self.last:
                return
            self.last = event.alert.sequence
        if event.alert.is_closed:
            self._tell_as_closed(event.alert)
        self._events.append(event)
        self._reached.append(self.last)
        self._trim()
        self._wake()

    def _tell_as_closed(self, alert: Alert) -> None:
        for index in range(bisect_left(self._reached, alert.sequence), len(self._events)):
            earlier = self._events[index]
            if earlier.alert.sequence == alert.sequence:
                self._events[index] = HubEvent(earlier.kind, alert)

    def close(self) -> None:
        """Say that nothing will be appended any more."""
        self.is_closed = True
        self._wake()

    def position_after(self, sequence: int) -> int:
        """Return the position that follows the alert `sequence`."""
        if sequence <= self.floor:
            return self._base
        index = bisect_left(self._reached, sequence)
        if index < len(self._reached) and self._reached[index] == sequence:
            index += 1
        return self._base + index

    def read(self, position: int, limit: int) -> tuple[list[HubEvent], int, int]:
        """Return events from `position` on, where the next follow, and the sequence reached."""
        start = max(position - self._base, 0)
        events = self._events[start : start + limit]
        stop = start + len(events)
        return events, self._base + stop, self._reached[stop - 1] if events else 0

    def latest(self) -> list[Alert]:
        """Return the alerts on it, each as it was told last, in rising sequence."""
        told = {event.alert.sequence: event.alert for event in self._events}
        return [told[sequence] for sequence in sorted(told)]

    def has_lost(self, position: int) -> bool:
        """Tell whether what is next for a reader at `position` may have been trimmed."""
        return position <= self._base

    async def wait_beyond(self, position: int) -> None:
        """Wait until there is an event at `position`, or never will be."""
        while position >= self.end and not self.is_closed:
            await self._news.wait()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _trim(self) -> None:
        if len(self._events) <= self._kept + self._kept // _MORE:
            return
        cut = len(self._events) - self._kept
        self.floor = max(self.floor, self._reached[cut - 1])
        del self._events[:cut], self._reached[:cut]
        self._base += cut


class Subscription:
    """One connection's place on the stream. Made by `AlertHub.subscribe`.

    Attributes
    ----------
    sequence
        The highest sequence handed out.
    """

    def __init__(self, log: EventLog, after: int) -> None:
        self._log = log
        self._foreign = after > log.last
        self.sequence = log.last if after < 0 else after
        self._skipped = log.floor if self._foreign else self.sequence
        self._position = log.end if after < 0 else log.position_after(after)

    @property
    def sent(self) -> tuple[int, int]:
        """The sequences behind the first of which, up to the second, alerts were handed out."""
        return self._skipped, self._skipped if self._foreign else self.sequence

    def take(self, limit: int = 256) -> list[HubEvent | Gap]:
        """Return what comes next, at most `limit` events, without waiting."""
        taken: list[HubEvent | Gap] = []
        lost = self._log.has_lost(self._position) and self.sequence < self._log.floor
        if lost or self._foreign:
            taken.append(Gap(self.sequence, self._log.floor))
            self.sequence = self._skipped = self._log.floor
        if self._foreign:
            self._foreign = False
            self._position = 0
        events, self._position, reached = self._log.read(self._position, limit)
        self.sequence = max(self.sequence, reached)
        return [*taken, *events]


class AlertHub:
    """Hands events to any number of connections, each at its own pace.

    Events are shared, not copied into queues: a slow connection costs nothing but its cursor, and
    falls into a `Gap` when it lags behind what is kept.

    Parameters
    ----------
    log_id
        Names the alert log that the sequences belong to: a client that sees another one begins
        anew.
    term
        Numbers the leader's term: a client that sees another one has missed what happened to
        the alerts that it shows.
    kept
        How many events stay on the stream (a 64th more, until they are trimmed in one go).

    Attributes
    ----------
    deliveries
        How far connections have come, as they say.
    """

    def __init__(self, log_id: str, term: int, kept: int = 20_000) -> None:
        self.log_id = log_id
        self.term = term
        self.kept = kept
        self.deliveries = Deliveries()
        self._log = EventLog(kept)
        self._subscriptions: set[Subscription] = set()

    @property
    def last_sequence(self) -> int:
        """The sequence of the newest alert, 0 when there is none."""
        return self._log.last

    @property
    def end(self) -> int:
        """Where on the stream the next event will be, see `wait_beyond`."""
        return self._log.end

    async def wait_beyond(self, end: int) -> None:
        """Wait until there is an event at what was the end, or the stream is closed."""
        await self._log.wait_beyond(end)

    @property
    def is_closed(self) -> bool:
        """Whether this instance's time as leader is over."""
        return self._log.is_closed

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._subscriptions)

    def load(self, alerts: Iterable[Alert], *, floor: int) -> None:
        """Begin with the newest alerts of the alert log, in rising sequence.

        Parameters
        ----------
        floor
            The highest sequence that isn't among them, 0 when they are all there are.
        """
        self._log.start_at(floor)
        for alert in alerts:
            self.publish(HubEvent(EventKind.ALERT, alert))

    def publish(self, event: HubEvent) -> None:
        """Append an event and wake every connection; an alert that is there already is ignored."""
        self._log.append(event)
        metrics.STREAM_NEWEST.set(self._log.last)

    def tell_again(self, watchlist_id: str) -> None:
        """Tell the open alerts of a watchlist as they are, since it was erased.

        A quarter of what is kept at most, the newest: the stream goes on holding the alerts.
        """
        self._tell_again(lambda alert: alert.watchlist_id == watchlist_id)

    def tell_withdrawn(self, deployment_id: str, subject_ids: Collection[str]) -> None:
        """Tell the open alerts about subjects as they are, since these were withdrawn."""
        if subject_ids:
            self._tell_again(
                lambda alert: alert.deployment_id == deployment_id and alert.is_about(subject_ids)
            )

    def _tell_again(self, concerns: Callable[[Alert], bool]) -> None:
        alerts = [each for each in self._log.latest() if not each.is_closed and concerns(each)]
        for alert in alerts[-max(1, self.kept // 4) :]:
            self.publish(HubEvent(EventKind.SIGHTING, alert))

    def close(self) -> None:
        """End the stream: every connection is told to connect to the next leader."""
        self._log.close()

    def subscribe(self, after: int) -> Subscription:
        """Open a connection that continues after the alert `after`; -1 means from now on.

        Sightings and erasures since that alert come again: they say what is, so hearing them
        twice does no harm.
        """
        subscription = Subscription(self._log, after)
        self._subscriptions.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """End a connection."""
        self._subscriptions.discard(subscription)
