"""What is done with deployments, as deeds."""

from collections.abc import Iterator, Sequence

from lethe.alert.audit.deeds import Act, Deed, in_lots
from lethe.alert.ports import Withdrawal

DRAFTED = "a draft of an order was written"
REDRAFTED = "a draft of an order was changed"
SIGNED = "a draft of an order was signed"
GIVEN_UP = "a draft of an order was given up"
HANDED_IN = "a signed order was handed in"
ENDED = "a deployment was ended"
WITHDRAWN = "a signed withdrawal of subjects was handed in"
SHOWN = "a deployment was read, with who is withdrawn"
SUBJECT = "subject:"


def drafted(deployment_id: str) -> Deed:
    """Return that a draft of an order was written."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), DRAFTED)


def draft_changed(deployment_id: str, *, is_signed: bool) -> Deed:
    """Return that a draft was written anew, or signed by its drafter."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), SIGNED if is_signed else REDRAFTED)


def draft_given_up(deployment_id: str) -> Deed:
    """Return that a draft was given up."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), GIVEN_UP)


def handed_in(deployment_id: str) -> Deed:
    """Return that an order, or a further state of one, was taken."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), HANDED_IN)


def ended(deployment_id: str) -> Deed:
    """Return that somebody ended it before its time."""
    return Deed(Act.ALTERATION, (record_of(deployment_id),), ENDED)


def withdrawn(withdrawal: Withdrawal) -> Iterator[Deed]:
    """Return that subjects are to be searched for no longer under its order."""
    concerned = (record_of(withdrawal.deployment_id), f"watchlist:{withdrawal.watchlist_id}")
    subjects = [f"{SUBJECT}{each}" for each in withdrawal.subject_ids]
    for lot in in_lots(subjects, beside=len(concerned)):
        yield Deed(Act.ALTERATION, (*concerned, *lot), WITHDRAWN)


def shown(deployment_id: str, withdrawn: Sequence[str]) -> Iterator[Deed]:
    """Return that it was read whom an order names as withdrawn; nothing where it names nobody."""
    subjects = [f"{SUBJECT}{each}" for each in withdrawn]
    for lot in in_lots(subjects, beside=1):
        yield Deed(Act.CONSULTATION, (record_of(deployment_id), *lot), SHOWN)


def record_of(deployment_id: str) -> str:
    """Return a deployment as entries name it."""
    return f"deployment:{deployment_id}"
