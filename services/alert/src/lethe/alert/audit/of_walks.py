"""What is done in walk-throughs, as deeds: these entries are their record."""

from collections.abc import Iterator, Mapping

from lethe.alert.audit.deeds import Act, Deed, in_lots
from lethe.alert.audit.of_deployments import record_of
from lethe.alert.walks.walk import Lack

BEGAN = "a walk-through began: the volunteer had agreed to it"
FRAMED = "what a camera sees was found right in a walk-through"
ERASED = "the time of alerts about volunteers was ended"
CAMERA = "camera:"
SAID: Mapping[Lack | None, str] = {
    None: "passed",
    Lack.NO_PICTURES: "no pictures came",
    Lack.NOT_FRAMED: "nobody found right what it sees",
    Lack.NO_ALERT: "no alert came",
    Lack.LATE: "the alert came late",
    Lack.NOT_SHOWN: "no officer took the alert",
    Lack.NOT_ERASED: "the deletion wasn't confirmed",
}
"""What is said of a camera, by what it lacked."""
CONCLUSIONS: Mapping[str, Lack | None] = {
    f"a walk-through was concluded: {said}": lack for lack, said in SAID.items()
}


def began(deployment_id: str) -> Deed:
    """Return that somebody began one, and says that the volunteer agreed."""
    return Deed(Act.COLLECTION, (record_of(deployment_id),), BEGAN)


def framed(deployment_id: str, camera_id: str) -> Deed:
    """Return that somebody found right what a camera sees."""
    records = (record_of(deployment_id), f"{CAMERA}{camera_id}")
    return Deed(Act.CONSULTATION, records, FRAMED)


def rehearsals_ended(deployment_id: str) -> Deed:
    """Return that alerts about volunteers are to be kept no longer."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), ERASED)


def concluded(deployment_id: str, lacks: Mapping[str, Lack | None]) -> Iterator[Deed]:
    """Return how one ended: the cameras that passed, and the others by what they lacked."""
    concerned = record_of(deployment_id)
    for why, lack in CONCLUSIONS.items():
        cameras = [f"{CAMERA}{name}" for name, lacked in lacks.items() if lacked is lack]
        for lot in in_lots(cameras, beside=1):
            yield Deed(Act.ALTERATION, (concerned, *lot), why)
