"""Alerts and events as JSON."""

import json
from datetime import UTC, datetime

from lethe.alert.alerts import Alert
from lethe.alert.hub import EventKind, Gap, HubEvent
from lethe.alert.judgements import Adjudication, Mark
from lethe.alert.watchlists.book import WatchlistBook
from lethe.contracts.adjudication import Capacity

_CACHED = 512


def alert_json(alert: Alert, watchlists: WatchlistBook) -> dict[str, object]:
    """Return an alert for the officers. No picture: those have addresses of their own."""

    def name(subject_id: str) -> str:
        return watchlists.name_of(alert.watchlist_id, subject_id)

    return {
        "alert_id": alert.alert_id,
        "sequence": alert.sequence,
        "deployment_id": alert.deployment_id,
        "order_type": alert.order_type.value,
        "camera_id": alert.camera_id,
        "subject_id": alert.subject_id,
        "subject": name(alert.subject_id),
        "score": alert.score,
        "cosine": alert.cosine,
        "threshold": alert.threshold,
        "captured_at": alert.captured.isoformat(),
        "published_at": alert.published and alert.published.isoformat(),
        "latency_ms": alert.latency_ms(),
        "sightings": alert.sightings,
        "last_sighting_at": _utc(alert.last_sighting_wall_us),
        "erased": alert.erased,
        "state": alert.state.value,
        "version": alert.version,
        "acknowledged": _mark(alert.acknowledged),
        "claim": _mark(alert.claim),
        "adjudication": _adjudication(alert.adjudication),
        "judgements": {
            capacity.value: _adjudication(alert.judgements.made_as(capacity))
            for capacity in Capacity
        },
        "candidates": [
            {
                "subject_id": other.subject_id,
                "subject": name(other.subject_id),
                "score": other.score,
                "cosine": other.cosine,
            }
            for other in alert.candidates
        ],
    }


def _mark(mark: Mark | None) -> dict[str, object] | None:
    return None if mark is None else {"officer": mark.officer, "at": mark.at.isoformat()}


def _adjudication(adjudication: Adjudication | None) -> dict[str, object] | None:
    if adjudication is None:
        return None
    return {
        "verdict": adjudication.verdict.value,
        "confirmed": adjudication.confirmed,
        "outcome": adjudication.outcome and adjudication.outcome.value,
        "officer": adjudication.officer,
        "adjudicated_at": adjudication.adjudicated.isoformat(),
    }


class EventRenderer:
    """Renders stream events; the newest ones once for all connections."""

    def __init__(self, watchlists: WatchlistBook) -> None:
        self._watchlists = watchlists
        self._texts: dict[tuple[EventKind, int, int, int], str] = {}

    def render(self, event: HubEvent | Gap) -> str:
        """Return the message that a client receives."""
        if isinstance(event, Gap):
            return json.dumps({"type": "gap", "after": event.after, "sequence": event.sequence})
        alert = event.alert
        # Nothing else of an alert changes between two events of one kind.
        key = (event.kind, alert.sequence, alert.sightings, alert.version)
        text = self._texts.get(key)
        if text is None:
            text = json.dumps(
                {
                    "type": event.kind.value,
                    "sequence": alert.sequence,
                    "alert": alert_json(alert, self._watchlists),
                }
            )
            self._texts[key] = text
            if len(self._texts) > _CACHED:
                del self._texts[next(iter(self._texts))]
        return text


def _utc(wall_us: int) -> str:
    moment = datetime.fromtimestamp(wall_us / 1e6, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
