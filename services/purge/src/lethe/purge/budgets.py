"""Budgets of false alerts: what orders allow, and what alert says there were."""

from collections.abc import Iterator

from lethe.contracts.keys import KeyTicket, Role
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions


class Budgets:
    """Finds the deployments that had more false alerts than their order allows.

    alert says how many there were. Whoever has its key can suspend by that, and resume nothing.
    """

    def __init__(self, orders: OrderBook, suspensions: Suspensions) -> None:
        self._orders = orders
        self._suspensions = suspensions
        self._counts: dict[str, int] = {}

    def hear(self, ticket: KeyTicket) -> None:
        """Take what a verified ticket says of orders that are known; no count goes back.

        A ticket may come late, or from an alert whose database was put back.
        """
        if ticket.role is not Role.ALERT:
            return
        for name, count in ticket.false_alerts.items():
            if self._orders.by_deployment(name) is not None:
                self._counts[name] = max(count, self._counts.get(name, 0))

    def exceeded(self) -> Iterator[tuple[str, int]]:
        """Give the deployments over their budget, each with its count.

        One that was resumed had the count that it was suspended for: the officer knew of those.
        """
        for held in self._orders.all_orders():
            name, budget = held.order.deployment_id, held.order.false_alert_budget
            if budget is None:
                continue
            count, known = self._counts.get(name, 0), self._suspensions.false_alerts(name)
            if count > max(budget, known or 0):
                yield name, count
