"""What a record of a deployment holds, as alert tells it and as the receipts do."""

from pydantic import BaseModel, ConfigDict

FACES = (
    "an estimate of how much was looked at and no number of people: whoever stays in view is "
    "counted in every picture"
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ListRecord(_Model):
    """The watchlist as it was ordered."""

    watchlist_id: str
    content_hash: str
    subjects: int
    categories: dict[str, int] | None
    erased: bool = False


class AlertsRecord(_Model):
    """Alerts by what they were adjudicated as; rehearsals, about volunteers, are none of them."""

    raised: int
    true: int
    false: int
    unadjudicated: int
    rehearsals: int = 0


class StepRecord(_Model):
    """One thing that was done."""

    at: str
    what: str
    subjects: int
    by: str = ""
    cameras: list[str] = []


class AlertsWord(_Model):
    """The record as alert tells it."""

    deployment_id: str
    order_type: str
    order_hash: str
    status: str
    use_case: str
    grounds: str
    zone: str | None
    area: str | None
    drafted_by: str | None
    authorised_by: str
    starts_at: str
    ends_at: str
    cameras: list[str]
    threshold: float
    watchlist: ListRecord
    alerts: AlertsRecord
    withdrawn: int
    withdrawn_elsewhere: int = 0
    steps: list[StepRecord]


class ReceiptsWord(_Model):
    """What the receipts say of the same deployment, verified.

    Attributes
    ----------
    first_keys_at, last_end_at
        When keys were first granted, and when the last of them were told to have ended.
    """

    first_keys_at: str | None
    last_end_at: str | None
    faces_seen: int
    faces_seen_is: str = FACES
    frames_captured: int
    alerts_erased: int
    withdrawn: int
    suspensions: int


class DeploymentAccount(_Model):
    """Both, and where they contradict each other.

    Attributes
    ----------
    receipts
        None where there are none that hold, see `doubts`.
    """

    record: AlertsWord
    receipts: ReceiptsWord | None
    doubts: list[str]
