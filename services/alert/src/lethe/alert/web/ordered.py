"""What a deployment was ordered for, and by whom, as whoever is on duty reads it."""

from typing import Self

from pydantic import BaseModel

from lethe.contracts.instants import rfc3339
from lethe.contracts.orders import DeploymentOrder


class OrderedView(BaseModel):
    """An order in words. Nothing of a subject.

    Attributes
    ----------
    drafted_by
        Null for a local order, which has no draft.
    starts_at
        RFC 3339, UTC.
    false_alert_budget
        How many alerts may be false; one more suspends the deployment. Null without a budget.
    """

    deployment_id: str
    use_case: str
    grounds: str
    zone: str | None
    area: str | None
    drafted_by: str | None
    authorised_by: str
    starts_at: str
    false_alert_budget: int | None

    @classmethod
    def of(cls, order: DeploymentOrder) -> Self:
        """Return it of an order."""
        return cls(
            deployment_id=order.deployment_id,
            use_case=order.use_case,
            grounds=order.grounds,
            zone=order.zone,
            area=order.area,
            drafted_by=order.draft.signer if order.draft else None,
            authorised_by=order.authorised_by,
            starts_at=rfc3339(order.starts_at_us),
            false_alert_budget=order.false_alert_budget,
        )
