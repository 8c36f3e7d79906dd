"""Fakes of what alert's endpoints ask: enrolment, deployments and their state."""

from collections.abc import Collection

from tests.support.alert_desk import EPOCH_US
from tests.support.clocks import WALL_US

from lethe.alert.ports import CameraStatus, DeploymentStatus, SignedState, Status, Withdrawal
from lethe.contracts.errors import Refused
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered, OrderState, OrderType
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import require_drafter
from lethe.shredding.roster import Roster


class FakeEnroller:
    def __init__(self) -> None:
        self.submitted: list[str] = []

    def submit(self, reference_id: str) -> None:
        self.submitted.append(reference_id)


class FakeDeployments:
    def __init__(self) -> None:
        self.orders: list[tuple[DeploymentOrdered, list[CameraAssigned]]] = []
        self.ended: list[tuple[str, str]] = []
        self.withdrawals: list[Withdrawal] = []
        self.known: set[str] = set()
        self.refusal: Exception | None = None

    def is_known(self, deployment_id: str) -> bool:
        return deployment_id in self.known

    def require(self, *_: object) -> None:
        if self.refusal is not None:
            raise self.refusal

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        self.require()
        await self.passing_on()
        self.orders.append((ordered, cameras))
        return "deployment-1"

    async def passing_on(self) -> None:
        """Take as long as the broker does."""

    async def end(self, deployment_id: str, ended_by: str) -> bool:
        if self.refusal is not None:
            raise self.refusal
        if deployment_id in (ended for ended, _ in self.ended):
            return False
        self.ended.append((deployment_id, ended_by))
        return True

    def withdrawal(self, deployment_id: str, state: SignedEnvelope) -> Withdrawal:
        if self.refusal is not None:
            raise self.refusal
        subject_ids = tuple(OrderState.decode(state.payload).withdrawn)
        ordered = DeploymentOrdered(order=state, state=state)
        return Withdrawal(deployment_id, "watchlist-1", subject_ids, ordered)

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        self.withdrawals.append(withdrawal)


class FakeStatus:
    def __init__(self) -> None:
        self.orders: dict[str, SignedState] = {}
        self.areas: dict[str, str | None] = {"deployment-1": "north"}
        self.zones: dict[str, str] = {}
        self.roster: Roster | None = None
        self.now_us = WALL_US
        self.now = Status(
            deployments=(
                DeploymentStatus(
                    deployment_id="deployment-1",
                    order_type=OrderType.LOCAL,
                    status="running",
                    watchlist_id="watchlist-1",
                    watchlist_size=1,
                    threshold=0.6,
                    ends_at_us=EPOCH_US,
                ),
            ),
            cameras=(CameraStatus("entrance", "deployment-1", "live"),),
        )

    async def status(self) -> Status:
        return self.now

    def deployment(self, deployment_id: str) -> SignedState | None:
        return self.orders.get(deployment_id)

    def is_known(self, deployment_id: str) -> bool:
        return deployment_id in self.areas

    def require_drafter(self, draft: SignedEnvelope) -> None:
        if self.roster is None:
            raise Refused("nobody is on the roster")
        require_drafter(draft, self.roster, self.now_us)

    def deployment_ids(self) -> list[str]:
        return list(self.areas)

    def withdrawn(self, deployment_id: str) -> Collection[str]:
        found = self.orders.get(deployment_id)
        return found.withdrawn if found else ()

    def area(self, deployment_id: str) -> str | None:
        return self.areas.get(deployment_id)

    def zone(self, deployment_id: str) -> str | None:
        return self.zones.get(deployment_id)
