"""How an alert ends: a person's adjudication of it."""

from enum import StrEnum

from lethe.contracts.base import Message
from lethe.contracts.bounds import Name
from lethe.contracts.instants import Instant


class Verdict(StrEnum):
    """What an officer found the alert to be."""

    TRUE_ALERT = "true_alert"
    FALSE_ALERT = "false_alert"


class Outcome(StrEnum):
    """What came of it."""

    ARREST = "arrest"
    OTHER_DISPOSAL = "other_disposal"
    NO_ACTION = "no_action"
    NOT_ENGAGED = "not_engaged"


class Capacity(StrEnum):
    """In what capacity somebody judged an alert."""

    OPERATOR = "operator"
    ENGAGEMENT_OFFICER = "engagement_officer"


class AlertAdjudicated(Message):
    """An alert was adjudicated: for purge and for systems outside. No biometrics, no names.

    It may come more than once; `number` is the same then.

    Attributes
    ----------
    number
        Rises with every adjudication of this alert service; the highest of an alert counts.
    confirmed
        Whether the person was engaged and the verdict stands on that.
    capacity
        Whose judgement it is: an engagement officer's is final. None before there were two.
    rehearsal
        The alert was about a volunteer: it is neither a true alert nor a false one.
    """

    alert_id: Name
    number: int
    camera_id: Name
    deployment_id: Name
    verdict: Verdict
    confirmed: bool
    outcome: Outcome | None = None
    adjudicated: Instant
    capacity: Capacity | None = None
    rehearsal: bool = False
