"""Orders close the versions that they name: from then on nothing in them changes."""

from lethe.alert.ports import Deployments
from lethe.alert.watchlists.version_desk import VersionDesk
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, DeploymentOrdered


class ClosingDeployments:
    """Takes orders as others do, and closes the version that one names once it holds.

    A change that slips in between is no harm: match searches only what has the order's hash.
    """

    def __init__(self, deployments: Deployments, versions: VersionDesk) -> None:
        self._deployments = deployments
        self._versions = versions

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        """Verify and publish an order, see `Deployments`; then close its version."""
        deployment_id = await self._deployments.order(ordered, cameras)
        order = DeploymentOrder.decode(ordered.order.payload)
        await self._versions.freeze(order.watchlist_id, order.watchlist_hash)
        return deployment_id

    async def end(self, deployment_id: str, ended_by: str) -> bool:
        """End an order, see `Deployments`."""
        return await self._deployments.end(deployment_id, ended_by)
