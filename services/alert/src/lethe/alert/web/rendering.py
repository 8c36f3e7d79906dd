"""Stream events as frames."""

import time
from collections.abc import Callable

from lethe.alert.alerts import Alert
from lethe.alert.hub import EventKind, Gap, HubEvent
from lethe.alert.web.messages import AlertEvent, GapMarker
from lethe.alert.web.views import AlertViews
from lethe.runtime.websockets import text_frame

_CACHED = 512
_FRESH_S = 0.05
"""An event goes to a thousand listeners one after another: what the first is sent is sent to all
who come this soon after, as if they had come before. An alert that is over is over for each."""


class EventRenderer:
    """Renders stream events; the newest ones once for all connections.

    Parameters
    ----------
    steady_s
        A clock that isn't stepped.
    """

    def __init__(self, views: AlertViews, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._views = views
        self._steady_s = steady_s
        self._frames: dict[tuple[EventKind, int, int, int, bool, frozenset[str], bool], bytes] = {}
        # By the event itself, and whether its alert is over: it is kept here, so that no other has
        # its id.
        self._fresh: dict[tuple[int, bool], tuple[HubEvent, bytes]] = {}
        self._fresh_until_s = 0.0
        views.when_names_go(self._clear)

    def render(self, event: HubEvent | Gap) -> bytes:
        """Return the message that a client receives."""
        if isinstance(event, Gap):
            marker = GapMarker(after=event.after, sequence=event.sequence)
            return text_frame(marker.model_dump_json())
        now_s = self._steady_s()
        if now_s >= self._fresh_until_s:
            self._fresh.clear()
            self._fresh_until_s = now_s + _FRESH_S
        alert = self._views.current(event.alert)
        told = id(event), alert.is_closed
        found = self._fresh.get(told)
        if found is None:
            if event.kind is not EventKind.ALERT:
                # What happened may concern what earlier events tell.
                self._fresh.clear()
            found = self._fresh[told] = event, self._rendered(event, alert)
        return found[1]

    def _rendered(self, event: HubEvent, alert: Alert) -> bytes:
        # Nothing else of an alert changes between two events of one kind.
        withdrawn = self._views.withdrawn(alert)
        handled = (alert.sightings, alert.version, alert.erased, withdrawn, alert.is_closed)
        key = (event.kind, alert.sequence, *handled)
        frame = self._frames.get(key)
        if frame is None:
            if alert.is_closed:
                self._forget(alert.sequence)
            view = self._views.of(alert)
            told = AlertEvent(type=event.kind, sequence=alert.sequence, alert=view)
            frame = self._frames[key] = text_frame(told.model_dump_json())
            if len(self._frames) > _CACHED:
                del self._frames[next(iter(self._frames))]
        return frame

    def _clear(self) -> None:
        self._frames.clear()
        self._fresh.clear()

    def _forget(self, sequence: int) -> None:
        """Drop what was told of an alert while it had a face and a name."""
        for key in [key for key in self._frames if key[1] == sequence and not key[-1]]:
            del self._frames[key]
        self._fresh.clear()
