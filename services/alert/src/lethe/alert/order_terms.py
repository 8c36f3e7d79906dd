"""What the orders that were heard here say."""

from collections.abc import Mapping

from lethe.alert.alerts import AlertTerms
from lethe.alert.kept_orders import KeptOrder
from lethe.alert.watchlists.end import OrderedList
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.clock import Clock
from lethe.shredding.orders import OrderBook


class OrderTerms:
    """Looks orders up by the deployment that they are of.

    Parameters
    ----------
    orders
        Those that were verified.
    clock
        Of this machine.
    """

    def __init__(self, orders: OrderBook, clock: Clock) -> None:
        self._orders = orders
        self._clock = clock

    def terms(self, deployment_id: str) -> AlertTerms:
        """Return what the order says about its alerts."""
        held = self._orders.by_deployment(deployment_id)
        if held is None:
            return AlertTerms()
        return AlertTerms(
            order_type=held.order.type,
            retention_hours=held.order.alert_retention_hours,
            withdrawn=held.withdrawn,
            keeps_sightings=held.order.keeps_sightings,
        )

    def withdrawn(self, deployment_id: str) -> frozenset[str]:
        """Return the subjects who aren't searched for any more."""
        return self.terms(deployment_id).withdrawn

    def budgeted(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Return the counts of false alerts that are purge's concern: of orders with a budget."""
        return {
            held.order.deployment_id: counts.get(held.order.deployment_id, 0)
            for held in self._orders.all_orders()
            if held.order.false_alert_budget is not None and held.status is OrderStatus.RUNNING
        }

    def ordered_lists(self) -> list[OrderedList]:
        """Return which watchlists are ordered, and until when; what has ended, until now."""
        now_us = self._clock.wall_us()
        return [
            OrderedList(
                watchlist_id=held.order.watchlist_id,
                deployment_id=held.order.deployment_id,
                ends_at_us=held.order.ends_at_us,
                ended_us=now_us if held.status is OrderStatus.ENDED else None,
            )
            for held in self._orders.all_orders()
        ]

    def heard_orders(self) -> list[KeptOrder]:
        """Return all orders with their newest states, as they were signed."""
        return [
            KeptOrder(
                held.order.deployment_id,
                held.serial,
                DeploymentOrdered(order=held.signed, state=held.signed_state),
            )
            for held in self._orders.all_orders()
        ]

    def is_known(self, deployment_id: str) -> bool:
        """Tell whether an order of a deployment was heard."""
        return self._orders.by_deployment(deployment_id) is not None

    def require_drafter(self, draft: SignedEnvelope) -> None:
        """Check that whoever signed a draft may draft; raises `Refused`."""
        self._orders.require_drafter(draft, self._clock.wall_us())

    def deployment_ids(self) -> list[str]:
        """Return the deployments whose orders were heard."""
        return [held.order.deployment_id for held in self._orders.all_orders()]

    def area(self, deployment_id: str) -> str | None:
        """Return the area that an order names; None if it names none, or wasn't heard."""
        held = self._orders.by_deployment(deployment_id)
        return held.order.area if held else None

    def zone(self, deployment_id: str) -> str | None:
        """Return the zone that an order names; None if it names none, or wasn't heard."""
        held = self._orders.by_deployment(deployment_id)
        return held.order.zone if held else None
