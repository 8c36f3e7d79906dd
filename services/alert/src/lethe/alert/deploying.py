"""Orders from the front door to the broker, and how the deployments stand."""

from lethe.alert.camera_states import CameraStates
from lethe.alert.errors import Conflict, NotFound
from lethe.alert.order_terms import OrderTerms
from lethe.alert.passing_on import PassingOn, Publish
from lethe.alert.ports import (
    DeploymentStatus,
    SignedState,
    Status,
    SuspensionStatus,
    Withdrawal,
)
from lethe.alert.searching import Searching
from lethe.contracts.errors import Refused
from lethe.contracts.live import SlotClosed
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    camera_hash,
)
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.suspension import DeploymentSuspended
from lethe.shredding.authorising import sign_state
from lethe.shredding.clock import Clock, instant
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.signing import SigningKey
from lethe.shredding.suspensions import Suspensions


class DeploymentDesk(OrderTerms):
    """Alert verifies an order before it passes it on; every other service does so again.

    Parameters
    ----------
    key
        Of alert: it signs that an order is ended, and can sign nothing else of one.

    Attributes
    ----------
    searching
        Whether what is ordered is searched.
    """

    def __init__(
        self,
        orders: OrderBook,
        suspensions: Suspensions,
        clock: Clock,
        publish: Publish,
        key: SigningKey,
    ) -> None:
        super().__init__(orders, clock)
        self._suspensions = suspensions
        self._passing_on = PassingOn(orders, clock, publish)
        self._key = key
        self._cameras: dict[str, CameraAssigned] = {}
        self._states = CameraStates()
        self.searching = Searching(orders, clock)

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        """Verify an order and publish it with its cameras.

        Raises
        ------
        Refused
            If the order doesn't hold, a camera isn't named by it or is set otherwise than it says.
            Also if its state withdraws subjects, which is handed in by itself.
        Conflict
            If a camera belongs to another order that isn't over, or was assigned otherwise.
        """
        said = DeploymentOrder.decode(ordered.order.payload)
        async with self._passing_on as turn:
            await turn.settle(said.deployment_id, ordered)
            self.require(ordered, cameras)
            await turn.pass_on(ordered, said.deployment_id, cameras)
            self._cameras.update({camera.camera_id: camera for camera in cameras})
        return said.deployment_id

    def require(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> None:
        """Verify an order with its cameras and do nothing else; raises as `order`."""
        said = DeploymentOrder.decode(ordered.order.payload)
        for camera in cameras:
            _require_covered(said, camera)
            self._require_unchanged(camera)
        self._require_nobody_withdrawn(ordered, said.deployment_id)
        self._orders.require(ordered, self._clock.wall_us())

    def _require_nobody_withdrawn(self, ordered: DeploymentOrdered, deployment_id: str) -> None:
        """Check that a state withdraws nobody anew: whom it was about would stand in no log."""
        held = self._orders.by_deployment(deployment_id)
        withdrawn = set(OrderState.decode(ordered.state.payload).withdrawn)
        if withdrawn - (held.withdrawn if held else frozenset()):
            raise Refused(
                f"it withdraws subjects: hand that in at /deployments/{deployment_id}/withdrawals"
            )

    def _require_unchanged(self, camera: CameraAssigned) -> None:
        """Check that a camera is neither taken from an order nor changed under one."""
        assigned = self._cameras.get(camera.camera_id, camera)
        is_same = assigned.deployment_id == camera.deployment_id
        if is_same and camera_hash(assigned) != camera_hash(camera):
            raise Conflict(
                f"camera {camera.camera_id} is assigned otherwise under this order: to change "
                "where or what it films, end the order and have another one authorised"
            )
        for order in (held.order for held in self._going_on(self._clock.wall_us())):
            if order.deployment_id != camera.deployment_id and camera.camera_id in order.camera_ids:
                raise Conflict(
                    f"camera {camera.camera_id} belongs to {order.deployment_id}: "
                    "hand this order in when that is over, or end it first"
                )

    async def end(self, deployment_id: str, ended_by: str) -> bool:
        """End an order at once, for good; see `Deployments`."""
        async with self._passing_on as turn:
            held = self._held(deployment_id)
            if held.status is OrderStatus.ENDED:
                return False
            serial = turn.next_serial(held)
            ended = sign_state(
                held.signed,
                self._key,
                status=OrderStatus.ENDED,
                serial=serial,
                ended_by=ended_by,
                withdrawn=held.withdrawn,
            )
            # Nothing is settled before: an end is above it, and waits for nothing.
            await turn.pass_on(ended, deployment_id, [])
        return True

    def withdrawal(self, deployment_id: str, state: SignedEnvelope) -> Withdrawal:
        """Verify a state that withdraws subjects; see `Deployments`."""
        held = self._held(deployment_id)
        ordered = DeploymentOrdered(order=held.signed, state=state)
        said = self._orders.require(ordered, self._clock.wall_us())
        if said.status is not OrderStatus.RUNNING or OrderState.decode(state.payload).lifts:
            raise Refused("a withdrawal ends nothing and lifts no suspension")
        added = tuple(sorted(said.withdrawn - held.withdrawn))
        if not added and state != held.signed_state:
            raise Refused("it withdraws nobody who isn't withdrawn already")
        return Withdrawal(deployment_id, held.order.watchlist_id, added, ordered)

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Publish a withdrawal and obey it; see `Deployments`."""
        ordered, deployment_id = withdrawal.ordered, withdrawal.deployment_id
        async with self._passing_on as turn:
            await turn.settle(deployment_id, ordered)
            self._orders.require(ordered, self._clock.wall_us())
            await turn.pass_on(ordered, deployment_id, [])

    def _held(self, deployment_id: str) -> HeldOrder:
        held = self._orders.by_deployment(deployment_id)
        if held is None:
            raise NotFound("no order of this name was heard here")
        return held

    def hear_order(self, ordered: DeploymentOrdered) -> str:
        """Take an order from the broker: this instance may have been restarted. Return its name."""
        return self._passing_on.hear(ordered).order.deployment_id

    def hear_assigned(self, camera: CameraAssigned) -> None:
        """Take how a camera was assigned, also before this instance was started."""
        self._cameras[camera.camera_id] = camera

    def hear_suspension(self, said: DeploymentSuspended) -> None:
        """Take a verified suspension."""
        self._suspensions.hear(said)

    def hear_camera(self, closed: SlotClosed) -> None:
        """Take how a camera is, if a deployment that goes on names it."""
        now = instant(self._clock)
        named = [
            held.order.deployment_id
            for held in self._going_on(now.wall_us)
            if closed.camera_id in held.order.camera_ids
        ]
        self._states.hear(closed, named, now)

    async def status(self) -> Status:
        """Return how the deployments stand."""
        now = instant(self._clock)
        return Status(
            deployments=tuple(
                self._deployment(held, now.wall_us) for held in self._orders.all_orders()
            ),
            cameras=tuple(
                self._states.status(camera_id, held.order.deployment_id, now)
                for held in self._going_on(now.wall_us)
                for camera_id in held.order.camera_ids
            ),
            blind=self.searching.blind(now),
        )

    def _going_on(self, wall_us: int) -> list[HeldOrder]:
        """Return the orders that are neither ended nor over."""
        return [
            held
            for held in self._orders.all_orders()
            if held.status is OrderStatus.RUNNING and wall_us < held.order.ends_at_us
        ]

    def deployment(self, deployment_id: str) -> SignedState | None:
        """Return an order that was verified here, and how it stands."""
        held = self._orders.by_deployment(deployment_id)
        if held is None:
            return None
        stands = self._deployment(held, instant(self._clock).wall_us)
        withdrawn, elsewhere = sorted(held.withdrawn), self._orders.withdrawn_elsewhere(held)
        signed = held.signed, held.signed_state
        return SignedState(stands, *signed, held.serial, withdrawn, len(elsewhere))

    def _deployment(self, held: HeldOrder, wall_us: int) -> DeploymentStatus:
        order, said = held.order, self._suspensions.of(held.order.deployment_id)
        status = "suspended" if said else held.status.value
        if held.status is OrderStatus.RUNNING and wall_us < order.starts_at_us:
            status = "authorised"
        elif not held.is_live(wall_us):
            status = "over"
        return DeploymentStatus(
            deployment_id=order.deployment_id,
            order_type=order.type,
            status=status,
            watchlist_id=order.watchlist_id,
            watchlist_size=order.watchlist_size,
            threshold=order.threshold,
            ends_at_us=order.ends_at_us,
            suspended=SuspensionStatus.of(said) if said else None,
        )


def _require_covered(order: DeploymentOrder, camera: CameraAssigned) -> None:
    name = camera.camera_id
    if name not in order.camera_ids or camera.deployment_id != order.deployment_id:
        raise Refused(f"camera {name} isn't named by the order")
    if not order.covers(name, order.deployment_id, camera_hash(camera)):
        raise Refused(f"camera {name} is set otherwise than the order says")
