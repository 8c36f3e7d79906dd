"""An alert log in memory, for tests of what stands on one."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from lethe.alert.alert_tally import AlertTally
from lethe.alert.alerts import Alert
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.judgements import Adjudication
from lethe.alert.sightings import with_another
from lethe.alert.vault import SealedBlob
from lethe.contracts.headings import Heading


class MemoryAlertLog:
    """An alert log in memory; `failing` names methods whose next call fails."""

    def __init__(self) -> None:
        self._rows: dict[int, Alert] = {}
        self._last = 0
        self.searches: dict[str, int] = {}
        self.transit: dict[str, str | None] = {}
        self.adjudicated: list[tuple[Alert, Adjudication]] = []
        self.announced: set[int] = set()
        self.to_announce: set[str] = set()
        self.pictures: dict[str, SealedBlob] = {}
        self.figures: dict[str, SealedBlob] = {}
        self.receipted: set[str] = set()
        self.failing: set[str] = set()

    @property
    def alerts(self) -> list[Alert]:
        return list(self._rows.values())

    async def of_search(self, search_id: str) -> Alert | None:
        sequence = self.searches.get(search_id)
        return None if sequence is None else self._rows[sequence]

    async def latest(self, deployment_id: str, camera_id: str, subject_id: str) -> Alert | None:
        wanted = (deployment_id, camera_id, subject_id)
        return next(
            (a for a in reversed(self.alerts) if _subject(a) == wanted),
            None,
        )

    async def append(
        self,
        alert: Alert,
        search_id: str,
        picture: SealedBlob | None,
        *,
        figure: SealedBlob | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        self._fail("append")
        self._last += 1
        appended = self._put(replace(alert, sequence=self._last))
        self.searches[search_id] = appended.sequence
        self.transit[search_id] = transit_key_id
        if picture is not None:
            self.pictures[alert.alert_id] = picture
            if figure is not None:
                self.figures[alert.alert_id] = figure
        return appended

    async def attach(
        self,
        alert: Alert,
        search_id: str,
        captured_wall_us: int,
        *,
        heading: Heading | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        self._fail("attach")
        self.searches[search_id] = alert.sequence
        self.transit[search_id] = transit_key_id
        known = self._rows[alert.sequence]
        is_latest = known.last_sighting_wall_us < captured_wall_us
        return self._put(
            replace(
                known,
                sightings=known.sightings + 1,
                last_sighting_wall_us=max(known.last_sighting_wall_us, captured_wall_us),
                heading=(heading or known.heading) if is_latest else known.heading,
                kept_sightings=None
                if known.kept_sightings is None
                else with_another(known.kept_sightings, captured_wall_us),
            )
        )

    async def adjudicate(self, alert: Alert, adjudication: Adjudication) -> Alert:
        self._fail("adjudicate")
        added = replace(adjudication, number=len(self.adjudicated) + 1)
        known = self._rows[alert.sequence]
        judgements = replace(known.judgements, **{added.capacity.value: added})
        version = known.version + 1
        adjudicated = self._put(replace(known, judgements=judgements, version=version))
        self.adjudicated.append((adjudicated, added))
        return adjudicated

    async def mark_released(self, alert: Alert) -> None:
        self._fail("mark_released")
        self._put(replace(self._rows[alert.sequence], claim=None, version=alert.version))

    async def mark_handled(self, alert: Alert) -> None:
        self._fail("mark_handled")
        known = self._rows[alert.sequence]
        self._put(
            replace(
                known,
                acknowledged=alert.acknowledged,
                claim=alert.claim,
                version=alert.version,
            )
        )

    async def unannounced_alerts(self, limit: int) -> list[Alert]:
        self._fail("unannounced_alerts")
        return [a for a in self.alerts if a.alert_id in self.to_announce][:limit]

    async def still_to_announce(self, alert_id: str) -> Alert | None:
        return await self.find(alert_id) if alert_id in self.to_announce else None

    async def end_announcing(self, alert_ids: Collection[str]) -> None:
        self._fail("end_announcing")
        self.to_announce.difference_update(alert_ids)

    async def unannounced(self, limit: int) -> list[tuple[Alert, Adjudication]]:
        self._fail("unannounced")
        waiting = [each for _, each in self.adjudicated if each.number not in self.announced]
        of_alert = {each.number: self._rows[a.sequence] for a, each in self.adjudicated}
        return [(of_alert[each.number], each) for each in waiting][:limit]

    async def mark_announced(self, alert: Alert, adjudication: Adjudication) -> None:
        self._fail("mark_announced")
        assert (alert.alert_id, adjudication) in [(a.alert_id, of) for a, of in self.adjudicated]
        self.announced.add(adjudication.number)

    async def false_alerts(self) -> dict[str, int]:
        return Counter(
            alert.deployment_id
            for alert in self.alerts
            if alert.is_false and not alert.is_rehearsal
        )

    async def transit_key_ids(self, alert_id: str) -> set[str]:
        self._fail("transit_key_ids")
        found = await self.find(alert_id)
        of_alert = [s for s, n in self.searches.items() if found and n == found.sequence]
        return {key_id for s in of_alert if (key_id := self.transit[s]) is not None}

    async def mark_published(self, alert: Alert) -> None:
        self._fail("mark_published")
        self._put(replace(self._rows[alert.sequence], published=alert.published))
        self.to_announce.add(alert.alert_id)

    async def take_back(self, alert: Alert) -> None:
        self._fail("take_back")
        del self._rows[alert.sequence]
        self.searches = {s: n for s, n in self.searches.items() if n != alert.sequence}
        self.pictures.pop(alert.alert_id, None)
        self.figures.pop(alert.alert_id, None)

    async def mark_erased(self, alerts: list[Alert], erased_wall_us: int) -> None:
        self._fail("mark_erased")
        for alert in alerts:
            kept = self._rows[alert.sequence]
            self._put(kept.erased_at(erased_wall_us))
            self.pictures.pop(alert.alert_id, None)
            self.figures.pop(alert.alert_id, None)

    async def drop_left_over_sightings(self) -> None:
        self._fail("drop_left_over_sightings")

    async def unreceipted(self, limit: int) -> list[Alert]:
        self._fail("unreceipted")
        return [a for a in self.alerts if a.erased and a.alert_id not in self.receipted][:limit]

    async def mark_receipted(self, alert_ids: set[str]) -> None:
        self._fail("mark_receipted")
        self.receipted |= alert_ids

    async def after(
        self, sequence: int, limit: int, deployments: frozenset[str] | None = None
    ) -> list[Alert]:
        return [a for a in self.alerts if a.sequence > sequence and _is_of(a, deployments)][:limit]

    async def newest(
        self,
        limit: int,
        *,
        before: int | None = None,
        deployments: frozenset[str] | None = None,
        open_only: bool = False,
    ) -> list[Alert]:
        found = [a for a in self.alerts if before is None or a.sequence < before]
        fit = [a for a in found if a.is_open or not open_only]
        return [a for a in fit if _is_of(a, deployments)][-limit:]

    async def find(self, alert_id: str) -> Alert | None:
        return next((a for a in self.alerts if a.alert_id == alert_id), None)

    async def picture(self, alert_id: str) -> SealedBlob | None:
        return self.pictures.get(alert_id)

    async def figure(self, alert_id: str) -> SealedBlob | None:
        return self.figures.get(alert_id)

    async def due(self, wall_us: int, limit: int) -> list[Alert]:
        self._fail("due")
        unerased = [a for a in self.alerts if not a.erased]
        return [a for a in unerased if a.is_false or a.erase_at_wall_us <= wall_us][:limit]

    async def pictured_ids(self) -> set[str]:
        self._fail("pictured_ids")
        return set(self.pictures)

    async def unerased_ids(self) -> set[str]:
        return {a.alert_id for a in self.alerts if not a.erased}

    async def tallies(self) -> dict[str, AlertTally]:
        fates: dict[str, Counter[str]] = {}
        for each in self.alerts:
            undecided = "unresolved" if each.erased else "open"
            made = each.adjudication
            fate = made.verdict.value.removesuffix("_alert") if made else undecided
            fate = "rehearsals" if each.is_rehearsal else fate
            fates.setdefault(each.deployment_id, Counter())[fate] += 1
        return {name: AlertTally(**counts) for name, counts in fates.items()}

    async def count(self, deployments: frozenset[str] | None = None) -> int:
        return sum(_is_of(each, deployments) for each in self.alerts)

    def _put(self, alert: Alert) -> Alert:
        self._rows[alert.sequence] = alert
        return alert

    def _fail(self, method: str) -> None:
        if method in self.failing:
            self.failing.discard(method)
            raise DatabaseUnavailable("the database didn't take a statement")


def _is_of(alert: Alert, deployments: frozenset[str] | None) -> bool:
    return deployments is None or alert.deployment_id in deployments


def _subject(alert: Alert) -> tuple[str, str, str]:
    return alert.deployment_id, alert.camera_id, alert.subject_id
