"""What alert asks of the log of its alerts, whatever keeps it."""

from collections.abc import Collection, Mapping
from typing import Protocol

from lethe.alert.alert_tally import AlertTally
from lethe.alert.alerts import Alert
from lethe.alert.judgements import Adjudication
from lethe.alert.vault import SealedBlob
from lethe.contracts.headings import Heading


class AlertLog(Protocol):
    """Where alerts are kept. Every writing method returns after its commit.

    It raises `NotLeading` when another instance has taken over, and has changed nothing then.
    """

    async def of_search(self, search_id: str) -> Alert | None:
        """Return the alert that a search led to."""
        ...

    async def latest(self, deployment_id: str, camera_id: str, subject_id: str) -> Alert | None:
        """Return the newest alert of a subject on a camera."""
        ...

    async def append(
        self,
        alert: Alert,
        search_id: str,
        picture: SealedBlob | None,
        *,
        figure: SealedBlob | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        """Append an alert with its search and its pictures; return it with its sequence."""
        ...

    async def attach(
        self,
        alert: Alert,
        search_id: str,
        captured_wall_us: int,
        *,
        heading: Heading | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        """Count one more search for an alert; return it as it is afterwards.

        Of two searches the one that was captured later says where the person was going.
        """
        ...

    async def adjudicate(self, alert: Alert, adjudication: Adjudication) -> Alert:
        """Add an adjudication; return the alert as it is afterwards, one version on."""
        ...

    async def mark_handled(self, alert: Alert) -> None:
        """Record the alert's `acknowledged`, `claim` and `version`."""
        ...

    async def mark_released(self, alert: Alert) -> None:
        """Record that nobody is going, and the alert's `version`."""
        ...

    async def unannounced_alerts(self, limit: int) -> list[Alert]:
        """Return the published alerts that aren't announced, in rising sequence."""
        ...

    async def still_to_announce(self, alert_id: str) -> Alert | None:
        """Return an alert that isn't announced; None too where another instance has taken over."""
        ...

    async def end_announcing(self, alert_ids: Collection[str]) -> None:
        """Record that nothing is left to announce of alerts."""
        ...

    async def unannounced(self, limit: int) -> list[tuple[Alert, Adjudication]]:
        """Return the adjudications that aren't announced, in their order, with their alerts."""
        ...

    async def false_alerts(self) -> Mapping[str, int]:
        """Return by deployment how many alerts are adjudicated as false."""
        ...

    async def mark_announced(self, alert: Alert, adjudication: Adjudication) -> None:
        """Record that an adjudication is announced."""
        ...

    async def transit_key_ids(self, alert_id: str) -> set[str]:
        """Return the ids of the keys under which match sent what led to an alert."""
        ...

    async def mark_published(self, alert: Alert) -> None:
        """Record the alert's `published`: from now on it is to be announced."""
        ...

    async def take_back(self, alert: Alert) -> None:
        """Delete an alert that nobody was to see, with its searches and its sealed pictures."""
        ...

    async def mark_erased(self, alerts: list[Alert], erased_wall_us: int) -> None:
        """Record that alerts are erased, and delete their sealed pictures."""
        ...

    async def drop_left_over_sightings(self) -> None:
        """Remove kept sightings of erased alerts, as one of before this release leaves them."""
        ...

    async def unreceipted(self, limit: int) -> list[Alert]:
        """Return erased alerts of whose erasure no receipt is known yet, the oldest first."""
        ...

    async def mark_receipted(self, alert_ids: set[str]) -> None:
        """Record that there is a receipt of their erasure."""
        ...

    async def after(
        self, sequence: int, limit: int, deployments: frozenset[str] | None = None
    ) -> list[Alert]:
        """Return alerts after a sequence, in rising sequence; of some deployments, or of all."""
        ...

    async def newest(
        self,
        limit: int,
        *,
        before: int | None = None,
        deployments: frozenset[str] | None = None,
        open_only: bool = False,
    ) -> list[Alert]:
        """Return the newest alerts, or the newest before a sequence, in rising sequence.

        Those of some deployments, or of all; with `open_only` those that `Alert.is_open`.
        """
        ...

    async def find(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        ...

    async def picture(self, alert_id: str) -> SealedBlob | None:
        """Return an alert's sealed picture of the face."""
        ...

    async def figure(self, alert_id: str) -> SealedBlob | None:
        """Return an alert's sealed picture of the upper body."""
        ...

    async def due(self, wall_us: int, limit: int) -> list[Alert]:
        """Return unerased alerts whose retention ended by then, or which are false alerts."""
        ...

    async def pictured_ids(self) -> set[str]:
        """Return the alert ids whose sealed picture is kept."""
        ...

    async def unerased_ids(self) -> set[str]:
        """Return the alert ids that still have a right to their key.

        Raises
        ------
        NotLeading
            If another instance has taken over: it may have made keys that aren't known here.
        """
        ...

    async def tallies(self) -> Mapping[str, AlertTally]:
        """Return by deployment what became of its alerts."""
        ...

    async def count(self, deployments: frozenset[str] | None = None) -> int:
        """Return how many alerts there are, of some deployments or of all."""
        ...
