"""From candidate lists to alerts: each search once, one alert per subject, camera and cool-down."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.drafting import draft, without
from lethe.alert.erasing import AlertEraser, Retire, key_name
from lethe.alert.errors import NoCandidates
from lethe.alert.handling import AlertHandling
from lethe.alert.hub import AlertHub, EventKind, HubEvent
from lethe.alert.showing import AlertShowing, figure_bound, probe_bound
from lethe.alert.vault import SealedBlob, Vault
from lethe.contracts.instants import Instant
from lethe.contracts.live import CandidatesFound


class AlertDesk(AlertShowing):
    """Raises alerts and keeps them until their retention ends.

    `handling` takes what people do about them.

    Parameters
    ----------
    log
        The alert log.
    hub
        The officers' stream: an alert is handed to it after its commit, never before.
    vault
        Seals the pictures, each under a data key of its own.
    now
        The clock of this machine.
    retire
        Destroys transit keys within two minutes.
    cool_down_s
        A further candidate list for the same subject on the same camera, captured less than this
        from the alert's latest sighting, is attached to the alert: whoever stays in view is one
        alert. 0 raises one alert per search.
    """

    def __init__(
        self,
        log: AlertLog,
        hub: AlertHub,
        vault: Vault,
        now: Callable[[], Instant],
        retire: Retire,
        *,
        cool_down_s: float = 30.0,
    ) -> None:
        super().__init__(log, vault, now)
        self._hub = hub
        self._eraser = AlertEraser(log, hub, vault, retire)
        self._cool_down_us = round(cool_down_s * 1e6)
        # One at a time: the stream's order is the log's order.
        self._turn = asyncio.Lock()
        self.handling = AlertHandling(log, hub, self._eraser, self._turn, now)

    async def restore(self, terms_of: Callable[[str], AlertTerms]) -> list[Alert]:
        """Load the stream from the log, and publish what a crash kept from being published.

        Call it once, before the first `receive`. What is due is erased, keys that belong to no
        alert are too, and alerts whose key is gone are recorded as erased. One that wasn't
        published, and whose subject is withdrawn since, is taken back.

        Parameters
        ----------
        terms_of
            What the order of a deployment says.

        Returns
        -------
        list of Alert
            Alerts that are published only now.
        """
        async with self._turn:
            found = await self._log.newest(self._hub.kept)
            withdrawn = [
                alert
                for alert in found
                if _is_to_be_taken_back(alert, terms_of(alert.deployment_id).withdrawn)
            ]
            for alert in withdrawn:
                await self._eraser.take_back(alert)
            alerts = [alert for alert in found if alert not in withdrawn]
            overdue = [alert for alert in alerts if alert.published is None]
            published = {alert.alert_id: replace(alert, published=self._now()) for alert in overdue}
            floor = alerts[0].sequence - 1 if alerts else 0
            self._hub.load((published.get(a.alert_id, a) for a in alerts), floor=floor)
            for alert in published.values():
                await self._log.mark_published(alert)
            self._eraser.begin((published.get(a.alert_id, a) for a in alerts), floor=floor)
            await self._log.drop_left_over_sightings()
            await self._eraser.sweep(self._now())
            return list(published.values())

    async def receive(
        self,
        found: CandidatesFound,
        crop: bytes | None,
        terms: AlertTerms | None = None,
        *,
        figure: bytes | None = None,
    ) -> Alert | None:
        """Raise an alert for a candidate list, once.

        Parameters
        ----------
        found
            The candidate list; delivered again, it changes nothing.
        crop
            JPEG of the face; None when it couldn't be opened: the alert is raised without.
        terms
            What the order says; a local order with 24 hours when not given.
        figure
            JPEG of the upper body, if there is one; without the face it isn't kept either.

        Returns
        -------
        Alert or None
            The alert when it is new and published; None when it was known or became a sighting, or
            if whoever was found is withdrawn since.

        Raises
        ------
        NoCandidates
            If the list is empty.
        Transient
            If the log or the key store didn't take it: deliver it again.
        """
        if not found.candidates:
            raise NoCandidates("the candidate list is empty")
        terms = terms or AlertTerms()
        async with self._turn:
            known = await self._log.of_search(found.search_id)
            if known is not None and known.published is not None:
                return None
            if known is not None:
                # It was committed, and then something failed.
                is_shown = known.sequence <= self._hub.last_sequence
                if is_shown or not _is_to_be_taken_back(known, terms.withdrawn):
                    return await self._publish(known)
                await self._eraser.take_back(known)
            found = without(found, terms.withdrawn)
            if not found.candidates:
                return None
            alert = draft(found, terms)
            earlier = await self._within_cool_down(alert)
            if earlier is not None:
                wall_us = found.captured.wall_us
                updated = await self._log.attach(
                    earlier,
                    found.search_id,
                    wall_us,
                    heading=found.heading,
                    transit_key_id=found.transit_key_id,
                )
                self._eraser.changed(updated)
                self._hub.publish(HubEvent(EventKind.SIGHTING, updated))
                return None
            return await self._publish(await self._persist(alert, found, crop, figure))

    async def erase_due(self, now: Instant) -> int:
        """Erase what is due and follow up on keys that ended by themselves; see `AlertEraser`."""
        async with self._turn:
            return await self._eraser.sweep(now)

    def blank_due(self, now: Instant) -> None:
        """Have pages blank what is due, whatever is slow; see `AlertEraser`."""
        self._eraser.blank_due(now)

    async def _within_cool_down(self, alert: Alert) -> Alert | None:
        if self._cool_down_us == 0:
            return None
        earlier = await self._log.latest(alert.deployment_id, alert.camera_id, alert.subject_id)
        if earlier is None or earlier.as_of(self._now().wall_us).erased:
            return None
        apart_us = abs(alert.captured.wall_us - earlier.last_sighting_wall_us)
        return earlier if apart_us < self._cool_down_us else None

    async def _persist(
        self, alert: Alert, found: CandidatesFound, crop: bytes | None, figure: bytes | None
    ) -> Alert:
        kept_us = alert.erase_at_wall_us - alert.captured.wall_us
        # By the clock that isn't stepped, if there is one; a capture to come isn't believed.
        life_us = kept_us - max(self._now().since_us(alert.captured), 0)
        if crop is None or life_us <= 0:
            return await self._append(alert, found, None, None)
        key = key_name(alert.alert_id)
        # A key is not taken back when what follows fails: a commit whose answer got lost would
        # lose its picture. The eraser comes by.
        await self._vault.create(key, life_us)
        items = [(crop, probe_bound(alert.alert_id))]
        if figure is not None:
            items.append((figure, figure_bound(alert.alert_id)))
        picture, *body = await self._vault.seal_all(key, items)
        return await self._append(alert, found, picture, body[0] if body else None)

    async def _append(
        self,
        alert: Alert,
        found: CandidatesFound,
        picture: SealedBlob | None,
        figure: SealedBlob | None,
    ) -> Alert:
        return await self._log.append(
            alert, found.search_id, picture, figure=figure, transit_key_id=found.transit_key_id
        )

    async def _publish(self, alert: Alert) -> Alert:
        published = replace(alert, published=self._now())
        self._eraser.shows(published)
        self._hub.publish(HubEvent(EventKind.ALERT, published))
        await self._log.mark_published(published)
        return published


def _is_to_be_taken_back(alert: Alert, withdrawn: Collection[str]) -> bool:
    """Tell whether an alert wasn't published, and nobody is to be alerted to its subject now.

    What people did something about was shown to them, whatever the log says.
    """
    is_unseen = alert.published is None and alert.version == 0
    return is_unseen and alert.subject_id in withdrawn
