"""What is shown of alerts: as the log has them, and their pictures."""

from collections.abc import Callable, Mapping
from itertools import takewhile

from lethe.alert.alert_log import AlertLog
from lethe.alert.alert_tally import AlertTally
from lethe.alert.alerts import Alert
from lethe.alert.erasing import key_name
from lethe.alert.errors import NotFound
from lethe.alert.vault import Vault
from lethe.contracts.errors import Erased
from lethe.contracts.instants import Instant


class AlertShowing:
    """Reads alerts, each as it is now, and opens what may still be opened.

    Parameters
    ----------
    log
        The alert log.
    vault
        Opens the pictures.
    now
        The clock of this machine.
    """

    def __init__(self, log: AlertLog, vault: Vault, now: Callable[[], Instant]) -> None:
        self._log = log
        self._vault = vault
        self._now = now

    async def after(
        self, sequence: int, limit: int, deployments: frozenset[str] | None = None
    ) -> list[Alert]:
        """Return published alerts after a sequence, in rising sequence; see `AlertLog.after`."""
        alerts = await self._log.after(sequence, limit, deployments)
        # Up to the first that isn't published yet, so that a reader doesn't pass it by.
        published = takewhile(lambda alert: alert.published is not None, alerts)
        return [alert.as_of(self._now().wall_us) for alert in published]

    async def before(
        self,
        sequence: int,
        limit: int,
        deployments: frozenset[str] | None = None,
        *,
        open_only: bool = False,
    ) -> list[Alert]:
        """Return the last published alerts before a sequence, in rising sequence.

        See `AlertLog.newest`.
        """
        alerts = await self._log.newest(
            limit, before=sequence, deployments=deployments, open_only=open_only
        )
        now_us = self._now().wall_us
        return [alert.as_of(now_us) for alert in alerts if alert.published is not None]

    async def find(self, alert_id: str) -> Alert:
        """Return one alert.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        alert = await self._log.find(alert_id)
        if alert is None:
            raise NotFound("there is no such alert")
        return alert.as_of(self._now().wall_us)

    async def probe(self, alert_id: str) -> bytes:
        """Return the face (JPEG) that the alert was raised for.

        Raises
        ------
        NotFound
            If there is no such alert.
        Erased
            If its data key is erased, or the alert was raised without a picture.
        """
        return await self.probe_of(await self.find(alert_id))

    async def probe_of(self, alert: Alert) -> bytes:
        """Return the face of an alert as it is now; raises `Erased` as `probe`."""
        name = alert.alert_id
        picture = None if alert.erased else await self._log.picture(name)
        if picture is None:
            raise Erased("the picture of this alert is erased")
        return await self._vault.open(key_name(name), picture, bound=probe_bound(name))

    async def figure(self, alert_id: str) -> bytes:
        """Return the upper body (JPEG) of whom the alert is about.

        Raises
        ------
        NotFound
            If there is no such alert, or none of its pictures shows more than a face.
        Erased
            If its data key is erased.
        """
        return await self.figure_of(await self.find(alert_id))

    async def figure_of(self, alert: Alert) -> bytes:
        """Return the upper body of whom an alert, as it is now, is about; raises as `figure`."""
        if alert.erased:
            raise Erased("the picture of this alert is erased")
        name = alert.alert_id
        figure = await self._log.figure(name)
        if figure is None:
            raise NotFound("this alert has no picture of the upper body")
        return await self._vault.open(key_name(name), figure, bound=figure_bound(name))

    async def count(self, deployments: frozenset[str] | None = None) -> int:
        """Return how many alerts the log holds, of some deployments or of all."""
        return await self._log.count(deployments)

    async def tallies(self) -> Mapping[str, AlertTally]:
        """Return by deployment what became of its alerts."""
        return await self._log.tallies()


def probe_bound(alert_id: str) -> str:
    """Return what the face of an alert is sealed as."""
    return f"probe:{alert_id}"


def figure_bound(alert_id: str) -> str:
    """Return what the upper body of an alert is sealed as."""
    return f"figure:{alert_id}"
