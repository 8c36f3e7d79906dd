"""The suspension of a deployment: from then on it gets no keys, until somebody lifts it."""

from enum import StrEnum

from lethe.contracts.base import Message
from lethe.contracts.bounds import Count, Name
from lethe.contracts.instants import Instant


class SuspensionGround(StrEnum):
    """What was found out. Each contradicts what was promised or ordered; a crash is none."""

    COPY_OPEN = "copy-open"
    AGE_OVER_BUDGET = "age-over-budget"
    MORE_PROCESSED = "more-processed-than-captured"
    MORE_DECIDED = "more-decided-than-probes"
    FALSE_ALERTS = "more-false-alerts-than-ordered"
    OTHER_CUSTODIAN = "keys-of-another-custodian"

    @property
    def sentence(self) -> str:
        """Say it to the people who have to decide."""
        return _SENTENCES[self]


_SENTENCES = {
    SuspensionGround.COPY_OPEN: (
        "nobody could say what became of a copy of a key, ten seconds after its deadline"
    ),
    SuspensionGround.AGE_OVER_BUDGET: "a frame lived longer than the retention budget",
    SuspensionGround.MORE_PROCESSED: "a frame was processed that no camera had captured",
    SuspensionGround.MORE_DECIDED: "a face was searched for that no frame had yielded",
    SuspensionGround.FALSE_ALERTS: "there were more false alerts than its order allows",
    SuspensionGround.OTHER_CUSTODIAN: (
        "somebody else granted keys beside the purge that leads, and may have kept them"
    ),
}


class DeploymentSuspended(Message):
    """Signed by the purge that leads. It says nothing of a person.

    Attributes
    ----------
    suspension_id
        What an officer names who lifts it: no other suspension is lifted with it.
    slot
        In which the ground was found.
    at
        When it was found.
    false_alerts
        How many there were when they were last a ground: once it is resumed, one more suspends
        it again.
    """

    suspension_id: Name
    deployment_id: Name
    ground: SuspensionGround
    slot: Name
    at: Instant
    false_alerts: Count | None = None
