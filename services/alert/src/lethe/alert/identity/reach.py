"""Which deployments somebody sees: by name, and by the area that the order names."""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from lethe.alert.errors import NotFound
from lethe.alert.identity.principal import Principal


class Orders(Protocol):
    """Knows what the orders of deployments say."""

    def deployment_ids(self) -> Iterable[str]:
        """Return the deployments whose orders were heard."""
        ...

    def area(self, deployment_id: str) -> str | None:
        """Return the area that an order names; None if it names none, or wasn't heard."""
        ...

    def zone(self, deployment_id: str) -> str | None:
        """Return the zone that an order names, in words; None if none, or it wasn't heard."""
        ...

    def withdrawn(self, deployment_id: str) -> Collection[str]:
        """Return the subjects who aren't searched for any more."""
        ...


class Limits(Protocol):
    """What somebody is limited to; None stands for all there are."""

    @property
    def deployments(self) -> frozenset[str] | None:
        """The names of deployments."""
        ...

    @property
    def areas(self) -> frozenset[str] | None:
        """The areas that orders name."""
        ...


class Reach:
    """Tells which deployments are within somebody's limits."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def sees(self, limits: Limits, deployment_id: str) -> bool:
        """Tell whether a deployment is within them."""
        return is_within(limits, deployment_id, self._orders.area)

    def require(self, principal: Principal, deployment_id: str, what: str) -> None:
        """Check that a deployment is within them.

        Raises
        ------
        NotFound
            If it isn't: that there is such a thing isn't told either.
        """
        if not self.sees(principal, deployment_id):
            raise NotFound(f"there is no such {what}")

    def deployments(self, principal: Principal) -> frozenset[str] | None:
        """Return the deployments within them; None stands for all there are."""
        if principal.areas is None:
            return principal.deployments
        known = self._orders.deployment_ids()
        return frozenset(each for each in known if self.sees(principal, each))


def is_within(limits: Limits, deployment_id: str, area: Callable[[str], str | None]) -> bool:
    """Tell whether a deployment is within somebody's limits, given how to look up its area."""
    if limits.deployments is not None and deployment_id not in limits.deployments:
        return False
    return limits.areas is None or area(deployment_id) in limits.areas
