"""Which deployments get no keys: those that were suspended and that no officer has resumed."""

import secrets
from collections.abc import Iterable

from lethe.contracts.errors import RolledBack
from lethe.contracts.instants import Instant
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.shredding.orders import OrderBook


class Suspensions:
    """A suspension holds until an officer's newer state of the order lifts that very one.

    Nothing else ends it: no time, no restart, no other instance that leads. A lifting that is
    sent again lifts nothing that came after it.

    Parameters
    ----------
    orders
        The verified orders with their states.
    """

    def __init__(self, orders: OrderBook) -> None:
        self._orders = orders
        self._said: dict[str, DeploymentSuspended] = {}
        self._unpublished: dict[str, DeploymentSuspended] = {}

    @property
    def said(self) -> list[DeploymentSuspended]:
        """The last suspension of every deployment, in force or not."""
        return list(self._said.values())

    def restore(self, said: Iterable[DeploymentSuspended]) -> None:
        """Hold what was found out before this process was; it is told again if nobody else does."""
        for each in said:
            self._said[each.deployment_id] = each
            if not self._is_over(each):
                self._unpublished[each.deployment_id] = each

    def hear(self, said: DeploymentSuspended) -> None:
        """Take a verified statement; it stands for this instance's own that isn't out yet.

        Raises
        ------
        RolledBack
            If it was lifted, and another is in force: whoever sends an old one again ends none.
            The topic keeps the last statement only, so the one in force is to be told again.
        """
        in_force = self.of(said.deployment_id)
        if in_force is not None and self._is_lifted(said):
            self._unpublished[said.deployment_id] = in_force
            raise RolledBack("a suspension that was lifted is said again while another is in force")
        self._said[said.deployment_id] = said
        self._unpublished.pop(said.deployment_id, None)

    def suspend(
        self,
        deployment_id: str,
        ground: SuspensionGround,
        *,
        instance_id: str,
        slot: str,
        at: Instant,
        false_alerts: int | None = None,
    ) -> bool:
        """Suspend a deployment at once; tell whether it wasn't suspended before."""
        if self.of(deployment_id) is not None:
            return False
        if false_alerts is None:
            false_alerts = self.false_alerts(deployment_id)
        said = DeploymentSuspended(
            suspension_id=f"{instance_id}-{secrets.token_hex(4)}",
            deployment_id=deployment_id,
            ground=ground,
            slot=slot,
            at=at,
            false_alerts=false_alerts,
        )
        self._said[deployment_id] = self._unpublished[deployment_id] = said
        return True

    def false_alerts(self, deployment_id: str) -> int | None:
        """Return how many false alerts a deployment was suspended for last, if it ever was."""
        said = self._said.get(deployment_id)
        return said.false_alerts if said else None

    def of(self, deployment_id: str) -> DeploymentSuspended | None:
        """Return the suspension in force, if there is one."""
        said = self._said.get(deployment_id)
        return None if said is None or self._is_over(said) else said

    def is_suspended(self, deployment_id: str) -> bool:
        """Tell whether a deployment gets no keys."""
        return self.of(deployment_id) is not None

    def in_force(self) -> list[DeploymentSuspended]:
        """Return every suspension in force."""
        return [said for said in self._said.values() if not self._is_over(said)]

    def lifted(self) -> list[DeploymentSuspended]:
        """Return the last suspension of every deployment that was resumed since."""
        return [said for said in self._said.values() if self._is_lifted(said)]

    def unpublished(self) -> list[DeploymentSuspended]:
        """Return what this instance found out and nobody was told of yet."""
        return list(self._unpublished.values())

    def _is_lifted(self, said: DeploymentSuspended) -> bool:
        return self._orders.lifts(said.deployment_id, said.suspension_id)

    def _is_over(self, said: DeploymentSuspended) -> bool:
        return self._orders.has_ended(said.deployment_id) or self._is_lifted(said)
