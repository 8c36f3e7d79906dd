"""Adjudications: taken from officers, and told to others until they were told."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert
from lethe.alert.handling import AlertHandling
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import AlertAdjudicated
from lethe.contracts.errors import Transient

Announce = Callable[[AlertAdjudicated], Awaitable[None]]

_AGAIN_S = 5.0
_AT_ONCE = 100
_log = structlog.get_logger()


class Adjudicator:
    """Has an adjudication taken, and others hear of it.

    An officer waits for the former only: the broker may be away.

    Parameters
    ----------
    announce
        Tells purge and systems outside of one; raises `Transient` if that can't be done now.

    Attributes
    ----------
    false_alerts
        How many alerts are adjudicated as false, by deployment: orders have budgets for them.
    """

    def __init__(self, handling: AlertHandling, log: AlertLog, announce: Announce) -> None:
        self._handling = handling
        self._log = log
        self._announce = announce
        self._news = asyncio.Event()
        self.false_alerts: Mapping[str, int] = {}

    async def adjudicate(
        self, alert_id: str, adjudication: Adjudication, seen: int | None = None
    ) -> Alert:
        """Record what an officer decided and act on it; see `AlertHandling.adjudicate`."""
        alert = await self._handling.adjudicate(alert_id, adjudication, seen)
        self._news.set()
        return alert

    async def run(self) -> None:
        """Announce what isn't announced yet, each at least once and in order, until cancelled."""
        while True:
            self._news.clear()
            try:
                self.false_alerts = await self._log.false_alerts()
                await self._announce_all()
            except Transient as error:
                _log.warning("adjudication not announced", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await self._news.wait()

    async def _announce_all(self) -> None:
        while waiting := await self._log.unannounced(_AT_ONCE):
            for alert, adjudication in waiting:
                await self._announce(alert.told_as_adjudicated(adjudication))
                await self._log.mark_announced(alert, adjudication)
