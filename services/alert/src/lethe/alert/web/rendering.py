"""Stream events as text."""

from lethe.alert.hub import EventKind, Gap, HubEvent
from lethe.alert.web.messages import AlertEvent, GapMarker
from lethe.alert.web.views import AlertViews

_CACHED = 512


class EventRenderer:
    """Renders stream events; the newest ones once for all connections."""

    def __init__(self, views: AlertViews) -> None:
        self._views = views
        self._texts: dict[tuple[EventKind, int, int, int, bool, frozenset[str], bool], str] = {}
        views.when_names_go(self._texts.clear)

    def render(self, event: HubEvent | Gap) -> str:
        """Return the message that a client receives."""
        if isinstance(event, Gap):
            return GapMarker(after=event.after, sequence=event.sequence).model_dump_json()
        alert = self._views.current(event.alert)
        # Nothing else of an alert changes between two events of one kind.
        withdrawn = self._views.withdrawn(alert)
        handled = (alert.sightings, alert.version, alert.erased, withdrawn, alert.is_closed)
        key = (event.kind, alert.sequence, *handled)
        text = self._texts.get(key)
        if text is None:
            if alert.is_closed:
                self._forget(alert.sequence)
            view = self._views.of(alert)
            told = AlertEvent(type=event.kind, sequence=alert.sequence, alert=view)
            text = self._texts[key] = told.model_dump_json()
            if len(self._texts) > _CACHED:
                del self._texts[next(iter(self._texts))]
        return text

    def _forget(self, sequence: int) -> None:
        """Drop what was told of an alert while it had a face and a name."""
        for key in [key for key in self._texts if key[1] == sequence and not key[-1]]:
            del self._texts[key]
