"""Suspending: a ground that was found takes effect at once, and is told to everybody."""

from collections.abc import Awaitable, Callable

import structlog

from lethe.contracts.errors import Transient
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.purge.accountant import Accountant
from lethe.purge.budgets import Budgets
from lethe.shredding.clock import Clock, instant
from lethe.shredding.suspensions import Suspensions

_log = structlog.get_logger()
Publish = Callable[[DeploymentSuspended], Awaitable[None]]


class Suspending:
    """Suspends on what accountant and budgets find. A standby finds the same; the leader tells it.

    Parameters
    ----------
    publish
        Signs and sends a statement; what fails is sent again.
    leads
        Tells whether this instance does.
    """

    def __init__(
        self,
        accountant: Accountant,
        budgets: Budgets,
        suspensions: Suspensions,
        clock: Clock,
        publish: Publish,
        *,
        instance_id: str,
        leads: Callable[[], bool],
    ) -> None:
        self._accountant = accountant
        self._budgets = budgets
        self._suspensions = suspensions
        self._clock = clock
        self._publish = publish
        self._instance_id = instance_id
        self._leads = leads

    async def settle(self) -> None:
        """Take what was found, and tell what wasn't told; called a few times a second."""
        for found in self._accountant.take_grounds():
            if not found.deployment_id:
                # Enrolment is under no order, so there is nothing to suspend.
                _log.error("unaccounted for in enrolment", reason=found.ground.value)
                continue
            self._suspend(found.deployment_id, found.ground, found.slot)
        for name, count in self._budgets.exceeded():
            self._suspend(name, SuspensionGround.FALSE_ALERTS, "", count)
        if self._leads():
            await self._tell()

    def _suspend(
        self, name: str, ground: SuspensionGround, slot: str, false_alerts: int | None = None
    ) -> None:
        is_new = self._suspensions.suspend(
            name,
            ground,
            instance_id=self._instance_id,
            slot=slot,
            at=instant(self._clock),
            false_alerts=false_alerts,
        )
        if is_new:
            _log.error("suspended", deployment_id=name, reason=ground.value)

    async def _tell(self) -> None:
        for said in self._suspensions.unpublished():
            try:
                await self._publish(said)
            except Transient as error:
                _log.warning("suspension not told yet", error=type(error).__name__)
                return
            self._suspensions.hear(said)
