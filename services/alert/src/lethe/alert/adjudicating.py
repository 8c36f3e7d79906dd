"""Adjudications: taken from officers, and told to others afterwards."""

from lethe.alert.alerts import Alert
from lethe.alert.announcing import Announcer
from lethe.alert.handling import AlertHandling
from lethe.alert.judgements import Adjudication


class Adjudicator:
    """Has an adjudication taken, and others hear of it.

    An officer waits for the former only: the broker may be away.
    """

    def __init__(self, handling: AlertHandling, announcer: Announcer) -> None:
        self._handling = handling
        self._announcer = announcer

    async def adjudicate(
        self, alert_id: str, adjudication: Adjudication, seen: int | None = None
    ) -> Alert:
        """Record what an officer decided and act on it; see `AlertHandling.adjudicate`."""
        alert = await self._handling.adjudicate(alert_id, adjudication, seen)
        self._announcer.wake(decided=True)
        return alert
