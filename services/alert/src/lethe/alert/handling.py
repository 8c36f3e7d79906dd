"""What people do about alerts: acknowledged, claimed, released, adjudicated, told to every page."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert
from lethe.alert.erasing import AlertEraser
from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.hub import AlertHub, EventKind, HubEvent
from lethe.alert.judgements import Adjudication, Mark
from lethe.contracts.adjudication import Capacity
from lethe.contracts.instants import Instant


class AlertHandling:
    """Takes what people do about alerts, one after another. Made by `AlertDesk`.

    Whoever asks again for what they have done already changes nothing and is answered alike:
    an answer may have got lost.

    Parameters
    ----------
    turn
        Held while an alert changes: the stream's order is the log's order.
    now
        The clock of this machine.
    """

    def __init__(
        self,
        log: AlertLog,
        hub: AlertHub,
        eraser: AlertEraser,
        turn: asyncio.Lock,
        now: Callable[[], Instant],
    ) -> None:
        self._log = log
        self._hub = hub
        self._eraser = eraser
        self._turn = turn
        self._now = now

    async def acknowledge(self, alert_id: str, officer: str) -> Alert:
        """Record that somebody has seen an alert; whoever comes later changes nothing.

        Raises
        ------
        NotFound
            If there is no such alert.
        Conflict
            If it is closed as a false alert.
        Transient
            If the log didn't take it.
        """
        async with self._turn:
            known = await self._open(alert_id)
            if known.acknowledged is not None:
                return known
            seen = replace(known, acknowledged=Mark(officer, self._now()))
            return await self._handled(EventKind.ACKNOWLEDGED, seen)

    async def claim(self, alert_id: str, officer: str, seen: int | None = None) -> Alert:
        """Record that an officer is going, also instead of another one.

        Parameters
        ----------
        seen
            The version that the officer looked at; without it nobody is replaced.

        Raises
        ------
        NotFound
            If there is no such alert.
        Stale
            If something was done about it since that version.
        Conflict
            If another officer is going and `seen` isn't given, or it is adjudicated.
        Transient
            If the log didn't take it.
        """
        async with self._turn:
            known = await self._open(alert_id)
            if known.claim is not None and known.claim.officer == officer:
                return known
            if known.judgements.engagement_officer is not None:
                raise Conflict("an engagement officer has adjudicated this alert")
            _require_seen(known, seen)
            if known.claim is not None and seen is None:
                raise Conflict(f"{known.claim.officer} is going; to take over, send If-Match")
            mark = Mark(officer, self._now())
            going = replace(known, acknowledged=known.acknowledged or mark, claim=mark)
            return await self._handled(EventKind.CLAIMED, going)

    async def release(self, alert_id: str, officer: str, seen: int | None = None) -> Alert:
        """Record that an officer who was going isn't any more: whoever can, may go instead.

        Parameters
        ----------
        seen
            The version that the officer looked at, if they say.

        Raises
        ------
        NotFound
            If there is no such alert.
        Stale
            If something was done about it since that version.
        Conflict
            If another officer is going, it is adjudicated, or an operator takes it for false:
            their word would count then, and erase it.
        Transient
            If the log didn't take it.
        """
        async with self._turn:
            known = await self._open(alert_id)
            if known.claim is None:
                return known
            if known.claim.officer != officer:
                raise Conflict(f"{known.claim.officer} is going: only they can hand it back")
            if known.judgements.engagement_officer is not None:
                raise Conflict("an engagement officer has adjudicated this alert")
            _require_seen(known, seen)
            free = replace(known, claim=None, version=known.version + 1)
            if free.is_false:
                told = "an operator takes it for false, and handed back it would be erased; decide"
                raise Conflict(f"{told}, or have another officer take over")
            await self._log.mark_released(free)
            self._tell(EventKind.RELEASED, free)
            return free

    async def adjudicate(
        self, alert_id: str, adjudication: Adjudication, seen: int | None = None
    ) -> Alert:
        """Record what somebody decided; an alert that is false by it is erased at once.

        Parameters
        ----------
        seen
            The version that the decision is about; without it nobody else's is replaced.

        Returns
        -------
        Alert
            As it is afterwards. A false alert that isn't erased yet, because the key store can't
            be reached, is erased by `AlertDesk.erase_due`.

        Raises
        ------
        NotFound
            If there is no such alert.
        Stale
            If something was done about it since that version.
        Conflict
            If it is closed as a false alert, an engagement officer's judgement stands against an
            operator's, or somebody else's stands and `seen` isn't given.
        Transient
            If the log didn't take it. Nothing is erased then.
        """
        async with self._turn:
            known = await self._find(alert_id)
            standing = known.judgements.made_as(adjudication.capacity)
            if adjudication.says_the_same_as(standing):
                return known
            _require_open(known)
            if adjudication.capacity is Capacity.OPERATOR and known.judgements.engagement_officer:
                raise Conflict("an engagement officer has adjudicated this alert: that is final")
            _require_seen(known, seen)
            if standing is not None and standing.officer != adjudication.officer and seen is None:
                raise Conflict(f"{standing.officer} has decided; to replace that, send If-Match")
            return await self._adjudicate(known, adjudication)

    async def _adjudicate(self, known: Alert, adjudication: Adjudication) -> Alert:
        # First what was decided, then what follows from it: no picture goes without a record.
        adjudicated = await self._log.adjudicate(known, adjudication)
        self._tell(EventKind.ADJUDICATED, adjudicated)
        if not adjudicated.is_false or adjudicated.erased:
            return adjudicated
        return await self._eraser.erase_false(adjudicated, self._now())

    async def _handled(self, kind: EventKind, alert: Alert) -> Alert:
        handled = replace(alert, version=alert.version + 1)
        await self._log.mark_handled(handled)
        self._tell(kind, handled)
        return handled

    def _tell(self, kind: EventKind, alert: Alert) -> None:
        self._eraser.changed(alert)
        self._hub.publish(HubEvent(kind, alert))

    async def _find(self, alert_id: str) -> Alert:
        found = await self._log.find(alert_id)
        if found is None:
            raise NotFound("there is no such alert")
        return found

    async def _open(self, alert_id: str) -> Alert:
        found = await self._find(alert_id)
        _require_open(found)
        return found


def _require_open(alert: Alert) -> None:
    if alert.is_false:
        raise Conflict("this alert was adjudicated as false and is erased")


def _require_seen(alert: Alert, seen: int | None) -> None:
    if seen is not None and seen != alert.version:
        raise Stale("somebody has done something about this alert meanwhile; look at it again")
