"""Orders as they were signed, kept for the record: a broker forgets them, and this doesn't."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, OrderState, OrderStatus


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order with the newest state that was heard of it.

    Attributes
    ----------
    serial
        Of the state.
    """

    deployment_id: str
    serial: int
    ordered: DeploymentOrdered

    @property
    def order(self) -> DeploymentOrder:
        """What was ordered."""
        return DeploymentOrder.decode(self.ordered.order.payload)

    @property
    def state(self) -> OrderState:
        """How it stood last."""
        return OrderState.decode(self.ordered.state.payload)

    def is_over(self, wall_us: int) -> bool:
        """Tell whether it was ended, or its window is over."""
        return self.state.status is OrderStatus.ENDED or wall_us >= self.order.ends_at_us


class KeptOrderStore(Protocol):
    """Where orders are kept. Every writing method returns after its commit."""

    async def serials(self) -> Mapping[str, int]:
        """Return of which deployments there are orders, and the serials of their states."""
        ...

    async def find(self, deployment_id: str) -> KeptOrder | None:
        """Return the order of a deployment."""
        ...

    async def keep(self, orders: Sequence[KeptOrder]) -> None:
        """Keep orders, in place of those of the same deployments."""
        ...


class OrderKeeper:
    """Keeps every order that was heard, with its newest state.

    Parameters
    ----------
    heard
        Tells those that were verified here since this process was started.
    """

    def __init__(self, store: KeptOrderStore, heard: Callable[[], Iterable[KeptOrder]]) -> None:
        self._store = store
        self._heard = heard
        # Asked for once: whoever leads writes alone.
        self._serials: dict[str, int] | None = None

    async def keep(self) -> None:
        """Keep what is newer than what is kept.

        Raises
        ------
        Transient
            If the database doesn't take it; the next call comes here again.
        """
        if self._serials is None:
            self._serials = dict(await self._store.serials())
        newer = [e for e in self._heard() if e.serial > self._serials.get(e.deployment_id, -1)]
        if newer:
            await self._store.keep(newer)
            self._serials |= {each.deployment_id: each.serial for each in newer}

    async def find(self, deployment_id: str) -> KeptOrder | None:
        """Return the order of a deployment, also of one that no broker has any more."""
        return await self._store.find(deployment_id)
