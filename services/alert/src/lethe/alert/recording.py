"""The record of a deployment: what was ordered and done, from the order and from the logs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lethe.alert.alert_tally import AlertTally
from lethe.alert.audit.chain import SealedEntry
from lethe.alert.audit.of_deployments import ENDED, HANDED_IN, SUBJECT, WITHDRAWN, record_of
from lethe.alert.audit.of_walks import BEGAN, CONCLUSIONS, SAID
from lethe.alert.errors import NotFound
from lethe.alert.kept_orders import OrderKeeper
from lethe.alert.ports import DeploymentStatus, SignedState, StatusSource
from lethe.alert.walks.story import cameras_of
from lethe.alert.watchlists.version_desk import VersionDesk
from lethe.contracts.errors import InvalidInput
from lethe.contracts.instants import Instant
from lethe.contracts.orders import DeploymentOrder

OVER, LOST = "over", "lost"
"""How an order stands that no broker has: its time is over, or it would run and nobody obeys it."""

Tallies = Callable[[], Awaitable[Mapping[str, AlertTally]]]
_STEPS = {
    HANDED_IN: "handed in",
    ENDED: "ended",
    WITHDRAWN: "withdrawn",
    BEGAN: "walk-through begun",
    **{why: f"walk-through: {SAID[lack]}" for why, lack in CONCLUSIONS.items()},
}


class Deeds(Protocol):
    """Knows what was done; the audit log does."""

    async def about(self, record: str, whys: Sequence[str]) -> list[SealedEntry]:
        """Return entries on one record that say one of these, in rising number."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done with a deployment.

    Attributes
    ----------
    what
        `handed in` (the order, or a further state of it), `ended` before its time, `withdrawn`
        (a withdrawal was handed in; one that was handed in again stands there twice),
        `walk-through begun`, or how one was concluded for some cameras.
    by
        Who did it, as their token names them.
    subjects
        How many it withdraws.
    cameras
        Of which it says how they did.
    """

    at_us: int
    what: str
    by: str
    subjects: int = 0
    cameras: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What there is to tell of a deployment. No name and no id of a subject, nothing biometric.

    Attributes
    ----------
    categories
        How many subjects of each there were when it was ordered; None where nobody counted.
    is_erased
        Whether the watchlist is.
    alerts
        How many there were, by what became of them.
    """

    found: SignedState
    order: DeploymentOrder
    categories: Mapping[str, int] | None
    is_erased: bool
    alerts: AlertTally
    steps: Sequence[Step]


class RecordDesk:
    """Puts records together.

    Parameters
    ----------
    source
        Tells what the broker told since this process was started.
    kept
        Tells of whatever was ordered before.
    tallies
        Tells how many alerts the deployments had; see `AlertDesk.tallies`.
    now
        The clock of this machine.
    """

    def __init__(
        self,
        source: StatusSource,
        kept: OrderKeeper,
        versions: VersionDesk,
        tallies: Tallies,
        deeds: Deeds,
        now: Callable[[], Instant],
    ) -> None:
        self._source = source
        self._kept = kept
        self._now = now
        self._versions = versions
        self._tallies = tallies
        self._deeds = deeds

    async def record(self, deployment_id: str) -> Record:
        """Return the record of a deployment.

        Raises
        ------
        NotFound
            If no order of this name was ever heard.
        """
        found = self._source.deployment(deployment_id) or await self._found(deployment_id)
        order = DeploymentOrder.decode(found.signed.payload)
        composition, is_erased = await self._watchlist(order.watchlist_id)
        entries = await self._deeds.about(record_of(deployment_id), list(_STEPS))
        return Record(
            found=found,
            order=order,
            categories=composition,
            is_erased=is_erased,
            alerts=(await self._tallies()).get(deployment_id, AlertTally()),
            steps=[_step(entry.said()) for entry in entries],
        )

    async def _found(self, deployment_id: str) -> SignedState:
        """Return an order that was heard once, and that no broker has any more."""
        kept = await self._kept.find(deployment_id)
        if kept is None:
            raise NotFound("no order of this name was heard here")
        order, state = kept.order, kept.state
        stands = DeploymentStatus(
            deployment_id=deployment_id,
            order_type=order.type,
            status=OVER if kept.is_over(self._now().wall_us) else LOST,
            watchlist_id=order.watchlist_id,
            watchlist_size=order.watchlist_size,
            threshold=order.threshold,
            ends_at_us=order.ends_at_us,
        )
        signed = kept.ordered
        return SignedState(stands, signed.order, signed.state, kept.serial, state.withdrawn)

    async def _watchlist(self, watchlist_id: str) -> tuple[Mapping[str, int] | None, bool]:
        """Return how a watchlist was composed, and whether it is erased."""
        try:
            version = await self._versions.sealed(watchlist_id)
        except NotFound:
            return None, False
        return version.composition, version.is_erased


def _step(said: dict[str, object]) -> Step:
    match said:
        case {"why": str(why), "at_us": int(at_us), "who": str(who), "records": list(records)}:
            subjects = sum(str(each).startswith(SUBJECT) for each in records)
            return Step(at_us, _STEPS[why], who, subjects, cameras_of(records))
        case _:
            raise InvalidInput("an entry of the audit log is none")
