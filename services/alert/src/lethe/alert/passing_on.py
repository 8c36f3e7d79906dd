"""States of orders on their way to the broker: one at a time, and obeyed once they are there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from lethe.alert.errors import Conflict
from lethe.contracts.errors import Refused
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered, OrderState
from lethe.shredding.clock import Clock
from lethe.shredding.orders import HeldOrder, OrderBook

Publish = Callable[[DeploymentOrdered, str, list[CameraAssigned]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What the broker was given and hasn't confirmed: some may have heard it, or nobody."""

    ordered: DeploymentOrdered
    serial: int
    cameras: list[CameraAssigned]


class PassingOn:
    """Keeps alert at what everybody else obeys, which is what came first on the topic.

    Two states of one serial would split the services: each obeys the one that it hears first. So
    whoever passes on holds the turn, from looking at what is held until it is obeyed::

        async with passing_on as turn:
            await turn.settle(deployment_id, ordered)
            await turn.pass_on(ordered, deployment_id, cameras)
    """

    def __init__(self, orders: OrderBook, clock: Clock, publish: Publish) -> None:
        self._orders = orders
        self._clock = clock
        self._publish = publish
        self._turn = asyncio.Lock()
        self._under_way: dict[str, _UnderWay] = {}

    async def __aenter__(self) -> Self:
        await self._turn.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._turn.release()

    async def settle(self, deployment_id: str, following: DeploymentOrdered) -> None:
        """Bring through what was under way before, unless that is what follows.

        Raises
        ------
        Conflict
            If it was the first of an order: nobody wants one to begin by itself, later.
        Transient
            If the broker doesn't take it now either.
        """
        before = self._under_way.get(deployment_id)
        if before is None or before.ordered == following:
            return
        try:
            self._orders.require(before.ordered, self._clock.wall_us())
        except Refused:
            # Whoever signed it may sign no more: nobody takes it from now on.
            del self._under_way[deployment_id]
            return
        if self._orders.by_deployment(deployment_id) is None:
            raise Conflict(
                f"another order was handed in as {deployment_id} and may have reached the services:"
                " hand that one in again, or name this one otherwise"
            )
        await self.pass_on(before.ordered, deployment_id, before.cameras)

    async def pass_on(
        self, ordered: DeploymentOrdered, deployment_id: str, cameras: list[CameraAssigned]
    ) -> None:
        """Publish a state that holds, then obey it.

        Raises
        ------
        Transient
            If the broker didn't confirm it: it is under way.
        Refused
            If another one was heard meanwhile, which stays in force.
        """
        serial = OrderState.decode(ordered.state.payload).serial
        self._under_way[deployment_id] = _UnderWay(ordered, serial, cameras)
        await self._publish(ordered, deployment_id, cameras)
        self._under_way.pop(deployment_id, None)
        try:
            self._orders.hear(ordered, self._clock.wall_us())
        except Refused:
            # The topic keeps the last state only: the one in force must be that.
            held = self._orders.by_deployment(deployment_id)
            if held is not None:
                in_force = DeploymentOrdered(order=held.signed, state=held.signed_state)
                await self._publish(in_force, deployment_id, [])
            raise

    def hear(self, ordered: DeploymentOrdered) -> HeldOrder:
        """Obey a state from the broker; what was under way is settled by it or by a later one."""
        held = self._orders.hear(ordered, self._clock.wall_us())
        before = self._under_way.get(held.order.deployment_id)
        if before is not None and before.serial <= held.serial:
            del self._under_way[held.order.deployment_id]
        return held

    def next_serial(self, held: HeldOrder) -> int:
        """Return one above all that an officer signed, or signs meanwhile counting up by one."""
        before = self._under_way.get(held.order.deployment_id)
        least = max(held.serial, before.serial if before else 0) + 1
        return max(least, self._clock.wall_us())
