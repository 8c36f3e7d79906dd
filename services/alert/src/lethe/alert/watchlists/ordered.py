"""Orders close the versions that they name: from then on nothing in them changes."""

from collections.abc import Mapping

from lethe.alert.errors import NotFound
from lethe.alert.ports import Deployments, Withdrawal
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.expiry import require_listed_throughout
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.contracts.errors import Refused
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
)
from lethe.contracts.sealed import SignedEnvelope


class ClosingDeployments:
    """Takes orders as others do, and closes the version that one names once it holds.

    A change that slips in between is no harm: match searches only what has the order's hash.
    """

    def __init__(
        self,
        deployments: Deployments,
        watchlists: WatchlistBook,
        ends: WatchlistEnds,
        samples: SampleDesk,
        renewals: RenewalDesk,
    ) -> None:
        self._deployments = deployments
        self._watchlists = watchlists
        self._ends = ends
        self._samples = samples
        self._renewals = renewals

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        """Verify and publish an order, see `Deployments`; then close its version.

        Raises
        ------
        Refused
            Also if more subjects are enrolled than it says: match wouldn't search them.
        Conflict
            Also if the version isn't kept until the order's end, somebody's last day on it is over
            before that, it wasn't enrolled with the model pack in use, or people haven't checked as
            many of its subjects as the order requires.
        """
        order = DeploymentOrder.decode(ordered.order.payload)
        await self._require_size(order)
        state = OrderState.decode(ordered.state.payload)
        if state.status is OrderStatus.RUNNING:
            await self._renewals.require_current(order)
        if state.status is OrderStatus.RUNNING and state.lifts is None:
            # What is resumed was taken before.
            await require_listed_throughout(self._watchlists.subjects, order, state.withdrawn)
        await self._samples.require_checked(order)
        composition = await self._composition(order.watchlist_id)
        async with self._ends.ordering(order):
            deployment_id = await self._deployments.order(ordered, cameras)
            await self._watchlists.versions.freeze(
                order.watchlist_id, order.watchlist_hash, composition
            )
        return deployment_id

    async def _composition(self, watchlist_id: str) -> Mapping[str, int]:
        """Return how many subjects of each category there are, if they are still to be counted."""
        try:
            version = await self._watchlists.versions.sealed(watchlist_id)
        except NotFound:
            return {}
        if version.ordered_hash is not None:
            return {}
        return await self._watchlists.subjects.composition(watchlist_id)

    async def _require_size(self, order: DeploymentOrder) -> None:
        try:
            enrolled = await self._watchlists.enrolled_subjects(order.watchlist_id)
        except NotFound:
            return
        if enrolled > order.watchlist_size:
            raise Refused(
                f"{enrolled:,} subjects of {order.watchlist_id} are enrolled and the order says "
                f"{order.watchlist_size:,}: match would search none of them; draft it anew"
            )

    async def end(self, deployment_id: str, ended_by: str) -> bool:
        """End an order, see `Deployments`."""
        return await self._deployments.end(deployment_id, ended_by)

    def withdrawal(self, deployment_id: str, state: SignedEnvelope) -> Withdrawal:
        """Verify a withdrawal, see `Deployments`."""
        return self._deployments.withdrawal(deployment_id, state)

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Have a withdrawal obeyed, see `Deployments`."""
        await self._deployments.withdraw(withdrawal)
