"""What systems outside are told of alerts: each thing at least once, in order, until it was told.

What is to be told stands in the database, with what it tells of. A broker that is away, a crash
or another leader only delays it, and nobody who looks at alerts waits for it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import structlog

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert
from lethe.contracts.adjudication import AlertAdjudicated
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.live import AlertRaised

_AGAIN_S = 5.0
_AT_ONCE = 100
_log = structlog.get_logger()


class Outside(Protocol):
    """Tells systems outside; raises `Transient` if that can't be done now."""

    async def raised(self, raised: AlertRaised) -> None:
        """Tell of an alert."""
        ...

    async def adjudicated(self, adjudicated: AlertAdjudicated) -> None:
        """Tell how an alert was adjudicated."""
        ...


class Announcer:
    """Tells systems outside of alerts, and then of adjudications.

    Whom an alert was about isn't told any more once it is erased or called false, or its subject
    is withdrawn.

    Parameters
    ----------
    withdrawn
        Returns the subjects of a deployment who aren't searched for any more.
    now
        The clock of this machine.

    Attributes
    ----------
    false_alerts
        How many alerts are adjudicated as false, by deployment: orders have budgets for them.
    """

    def __init__(
        self,
        log: AlertLog,
        outside: Outside,
        withdrawn: Callable[[str], Collection[str]],
        now: Callable[[], Instant],
    ) -> None:
        self._log = log
        self._outside = outside
        self._withdrawn = withdrawn
        self._now = now
        self._news = asyncio.Event()
        self._is_to_count = True
        # Those whose end isn't recorded yet: they aren't told again while this instance lives.
        self._ended: set[str] = set()
        self.false_alerts: Mapping[str, int] = {}

    def wake(self, *, decided: bool = False) -> None:
        """Look at once whether there is something to tell.

        Parameters
        ----------
        decided
            Whether somebody decided on an alert, so that false ones are to be counted.
        """
        self._is_to_count |= decided
        self._news.set()

    async def run(self) -> None:
        """Tell what wasn't told yet, until cancelled."""
        while True:
            self._news.clear()
            await self.turn()
            try:
                async with asyncio.timeout(_AGAIN_S):
                    await self._news.wait()
            except TimeoutError:
                self._is_to_count = True

    async def turn(self) -> None:
        """Count, if that is to be done, and tell what can be told now, up to a hundred alerts."""
        # Each by itself: a broker may refuse one topic and take the other.
        for step in (self._count, self._announce_alerts, self._announce_adjudications):
            try:
                await step()
            except Transient as error:
                _log.warning("not announced yet", error=type(error).__name__)

    async def _count(self) -> None:
        if self._is_to_count:
            self._is_to_count = False
            try:
                self.false_alerts = await self._log.false_alerts()
            except Transient:
                self._is_to_count = True
                raise

    async def _announce_alerts(self) -> None:
        waiting = await self._log.unannounced_alerts(_AT_ONCE)
        if len(waiting) == _AT_ONCE:
            # In another turn: decisions and their count don't wait for all of them.
            self._news.set()
        try:
            for alert in waiting:
                if alert.alert_id not in self._ended:
                    await self._announce(alert.alert_id)
                    self._ended.add(alert.alert_id)
        except Transient:
            await self._record()
            raise
        await self._record()

    async def _record(self) -> None:
        """Record what was told together: writing is one after another, and others raise alerts."""
        if self._ended:
            await self._log.end_announcing(sorted(self._ended))
            self._ended.clear()

    async def _announce(self, alert_id: str) -> None:
        """Tell of an alert as it is by now, unless nobody is to hear of it any more, or has."""
        known = await self._log.still_to_announce(alert_id)
        if known is not None and not self._is_over(known):
            await self._outside.raised(known.raised())

    def _is_over(self, alert: Alert) -> bool:
        is_closed = alert.as_of(self._now().wall_us).is_closed
        return is_closed or alert.subject_id in self._withdrawn(alert.deployment_id)

    async def _announce_adjudications(self) -> None:
        while waiting := await self._log.unannounced(_AT_ONCE):
            for alert, adjudication in waiting:
                await self._outside.adjudicated(alert.told_as_adjudicated(adjudication))
                await self._log.mark_announced(alert, adjudication)
