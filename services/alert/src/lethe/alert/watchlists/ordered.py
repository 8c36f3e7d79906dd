"""Orders close the versions that they name: from then on nothing in them changes."""

from collections.abc import Mapping
from contextlib import suppress

from lethe.alert.errors import NotFound
from lethe.alert.kept_orders import OrderKeeper
from lethe.alert.ports import OrderDesk, Withdrawal
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.drafted import require_described
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.expiry import require_listed_throughout
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    OrderType,
)
from lethe.contracts.sealed import SignedEnvelope


class ClosingDeployments:
    """Takes orders as others do, and closes the version that one names before anybody is told.

    What is checked of a version and its closing are one turn: nobody changes it in between. An
    order that isn't passed on after that, since the broker is away, leaves its version closed.
    """

    def __init__(
        self,
        deployments: OrderDesk,
        watchlists: WatchlistBook,
        ends: WatchlistEnds,
        samples: SampleDesk,
        renewals: RenewalDesk,
        kept: OrderKeeper,
    ) -> None:
        self._deployments = deployments
        self._watchlists = watchlists
        self._ends = ends
        self._samples = samples
        self._renewals = renewals
        self._kept = kept

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        """Verify an order, close its version and publish it, see `Deployments`.

        Raises
        ------
        Refused
            Also if more subjects are enrolled than it says: match wouldn't search them. Also if it
            is operational and new, and leaves open what is known of them or who signs receipts.
        Conflict
            Also if the version isn't kept until the order's end, somebody's last day on it is over
            before that, somebody is described otherwise than when it was drafted, it wasn't
            enrolled with the model pack in use, or people haven't checked as many of its subjects
            as the order requires.
        """
        order = DeploymentOrder.decode(ordered.order.payload)
        self._require_pinned(order)
        self._deployments.require(ordered, cameras)
        async with self._ends.ordering(order):
            async with self._watchlists.turn:
                await self._require(order, OrderState.decode(ordered.state.payload))
                composition = await self._composition(order.watchlist_id)
                await self._watchlists.versions.freeze(
                    order.watchlist_id, order.watchlist_hash, composition
                )
            deployment_id = await self._deployments.order(ordered, cameras)
        with suppress(Transient):
            # It runs; what isn't kept now is when all that was heard is looked through.
            await self._kept.keep()
        return deployment_id

    async def _require(self, order: DeploymentOrder, state: OrderState) -> None:
        await self._require_size(order)
        if state.status is OrderStatus.RUNNING:
            await self._require_described(order)
            await self._renewals.require_current(order)
            if state.lifts is None:
                # What is resumed was taken before.
                await require_listed_throughout(self._watchlists.subjects, order, state.withdrawn)
        await self._samples.require_checked(order)

    async def _require_described(self, order: DeploymentOrder) -> None:
        try:
            await require_described(self._watchlists, order)
        except NotFound:
            return
        if self._is_new(order) and order.details_hash is None:
            raise Refused(
                f"order {order.deployment_id} leaves open what is known of the subjects of "
                f"{order.watchlist_id}: draft it anew"
            )

    def _require_pinned(self, order: DeploymentOrder) -> None:
        if self._is_new(order) and order.receipts_key is None:
            raise Refused(
                f"order {order.deployment_id} doesn't say which key receipts are signed with: "
                "draft it anew with the verifier key of receipts at hand"
            )

    def _is_new(self, order: DeploymentOrder) -> bool:
        """Tell whether an order is operational and wasn't taken before this release's rules."""
        is_operational = order.type is OrderType.OPERATIONAL
        return is_operational and not self._deployments.is_known(order.deployment_id)

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
