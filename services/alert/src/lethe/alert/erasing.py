"""Alerts whose keys are gone: the log and the officers' pages follow the keys."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert
from lethe.alert.hub import AlertHub, EventKind, HubEvent
from lethe.alert.vault import Vault
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant

Retire = Callable[[Iterable[str]], Awaitable[None]]

_log = structlog.get_logger()
_KEY_PREFIX = "alert-"
_AT_ONCE = 500


def key_name(alert_id: str) -> str:
    """Return the name of an alert's data key."""
    return f"{_KEY_PREFIX}{alert_id}"


class AlertEraser:
    """Keeps keys, log and pages in step; not to be used by two at once.

    The keyring decides what can be opened, the log only says so: a key may end while no database
    can be reached, or before a backup of the database is restored.
    """

    def __init__(self, log: AlertLog, hub: AlertHub, vault: Vault, retire: Retire) -> None:
        self._log = log
        self._hub = hub
        self._vault = vault
        self._retire = retire
        # What pages may show, of the alerts after `_floor`, until they are told to blank it: of as
        # many as are on the stream. Of earlier ones they are told once the log says so.
        self._shown: dict[str, Alert] = {}
        self._floor = 0
        # Which alerts had a key when that was last looked at.
        self._keyed: set[str] = set()

    def begin(self, alerts: Iterable[Alert], *, floor: int) -> None:
        """Begin with the alerts after a sequence, as they are."""
        self._floor = floor
        for alert in alerts:
            self.shows(alert)

    def shows(self, alert: Alert) -> None:
        """Note an alert that pages may show, as it is now."""
        if alert.erased:
            return
        self._shown[alert.alert_id] = alert
        if len(self._shown) > self._hub.kept:
            oldest = self._shown.pop(next(iter(self._shown)))
            self._floor = max(self._floor, oldest.sequence)

    def changed(self, alert: Alert) -> None:
        """Note how an alert is after another sighting or an adjudication."""
        if alert.alert_id in self._shown:
            self._shown[alert.alert_id] = alert
        elif alert.sequence <= self._floor:
            # It was behind all that pages are sent, and is among the newest again.
            self.shows(alert)

    def blank_due(self, now: Instant) -> None:
        """Have pages blank what is due, whether or not key store and log can be reached."""
        self._blank([a for a in self._shown.values() if a.as_of(now.wall_us).erased], now)

    async def sweep(self, now: Instant) -> int:
        """Erase what is due, and follow up on the keys that ended by themselves.

        Returns
        -------
        int
            How many alerts were erased that the log still held for openable.

        Raises
        ------
        Transient
            If log or key store can't be reached; the next call comes here again. Pages have been
            told by then of the keys that are gone.
        """
        self.blank_due(now)
        kept = await self._kept()
        lost, self._keyed = self._keyed - kept, kept
        self._blank([alert for id_, alert in self._shown.items() if id_ in lost], now)
        erased = 0
        while due := await self._log.due(now.wall_us, _AT_ONCE):
            for alert in due:
                await self._destroy_keys(alert)
            await self._record(due, now)
            erased += len(due)
        keyless = await self._log.pictured_ids() - kept
        gone = [known for alert_id in keyless if (known := await self._log.find(alert_id))]
        await self._record(gone, now)
        await self.erase_orphans()
        return erased + len(gone)

    async def erase_false(self, alert: Alert, now: Instant) -> Alert:
        """Erase an alert that was adjudicated as false; return it as it is afterwards.

        What can't be done now is left to `sweep`.
        """
        try:
            await self._destroy_keys(alert)
            await self._record([alert], now)
        except Transient as error:
            _log.warning("false alert not erased yet", error=type(error).__name__)
            return alert
        return alert.erased_at(now.wall_us)

    async def take_back(self, alert: Alert) -> None:
        """Delete an alert that wasn't published, and its key; raises `Transient`."""
        await self._destroy_keys(alert)
        await self._log.take_back(alert)

    async def erase_orphans(self) -> None:
        """Erase the keys of alerts that were never committed, or erased but for their key."""
        # The keys first: as long as this instance led at the second look, no other had made any
        # of them for an alert that it was about to commit.
        kept = await self._kept()
        for alert_id in kept - await self._log.unerased_ids():
            await self._vault.erase(key_name(alert_id))

    async def _destroy_keys(self, alert: Alert) -> None:
        """Destroy what opens an alert, before the log says so: else nobody came here again.

        Its own key first: that needs the key store only, and the others live on for a while.
        """
        await self._vault.erase(key_name(alert.alert_id))
        if alert.is_false or alert.is_rehearsal:
            # Its crop lies in a topic too, sealed to keys that others may still be waiting for.
            await self._retire(await self._log.transit_key_ids(alert.alert_id))

    async def _record(self, erased: list[Alert], now: Instant) -> None:
        if erased:
            await self._log.mark_erased(erased, now.wall_us)
            self._blank(erased, now)

    async def _kept(self) -> set[str]:
        """Return the alerts that have a key."""
        names = [name for name in await self._vault.names() if name.startswith(_KEY_PREFIX)]
        return {name.removeprefix(_KEY_PREFIX) for name in names}

    def _blank(self, alerts: Iterable[Alert], now: Instant) -> None:
        """Tell pages of erased alerts, of each once."""
        for alert in alerts:
            is_told = self._shown.pop(alert.alert_id, None) is None
            if is_told and alert.sequence > self._floor:
                continue
            self._hub.publish(HubEvent(EventKind.ERASED, alert.erased_at(now.wall_us)))
