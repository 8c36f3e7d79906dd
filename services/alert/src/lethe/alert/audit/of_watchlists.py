"""What is done with watchlists, as deeds."""

from collections.abc import Iterator, Sequence

from lethe.alert.audit.deeds import Act, Deed, in_lots
from lethe.alert.watchlists.end import ErasedList
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.sample import Check, Drawn
from lethe.alert.watchlists.subject import SealedSubject, Subject
from lethe.contracts.receipts import WatchlistGround

_WHY_ERASED = {
    WatchlistGround.DEPLOYMENT_OVER: "a watchlist was erased, as its deployment is over",
    WatchlistGround.REQUESTED: "a watchlist was erased before its time",
    WatchlistGround.KEY_GONE: "a watchlist was found erased, as its key was lost",
}


def registered(watchlist_id: str, copied_from: str | None = None) -> Deed:
    """Return that a watchlist was begun, by itself or as a copy of another."""
    if copied_from is None:
        return Deed(Act.COLLECTION, (_watchlist(watchlist_id),), "a watchlist was registered")
    records = (_watchlist(watchlist_id), _watchlist(copied_from))
    return Deed(Act.COLLECTION, records, "a watchlist was registered, as a copy of another")


def described(watchlist_id: str) -> Deed:
    """Return that name, purpose or categories were changed."""
    return Deed(Act.ALTERATION, (_watchlist(watchlist_id),), "a watchlist was described anew")


def closed(watchlist_id: str) -> Deed:
    """Return that nothing of it changes any more."""
    why = "a watchlist was closed, as an order names it"
    return Deed(Act.ALTERATION, (_watchlist(watchlist_id),), why)


def erased(what: ErasedList) -> Deed:
    """Return that a watchlist is gone, with its subjects and images."""
    return Deed(Act.ERASURE, (_watchlist(what.watchlist_id),), _WHY_ERASED[what.ground])


def sample_drawn(drawn: Sequence[Drawn]) -> Iterator[Deed]:
    """Return that subjects were drawn to be checked."""
    of_lists = list(dict.fromkeys(_watchlist(each.watchlist_id) for each in drawn))
    for lot in in_lots([*of_lists, *(_subject(each.subject_id) for each in drawn)]):
        yield Deed(Act.ALTERATION, lot, "a sample was drawn")


def sample_shown(watchlist_id: str, subject_ids: Sequence[str]) -> Iterator[Deed]:
    """Return that it was read who was drawn, and how people found them."""
    subjects = [_subject(each) for each in subject_ids]
    for lot in in_lots(subjects, beside=1):
        yield Deed(Act.CONSULTATION, (_watchlist(watchlist_id), *lot), "a sample was read")


def subject_checked(check: Check) -> Deed:
    """Return how somebody found a subject."""
    records = (_subject(check.subject_id), _watchlist(check.watchlist_id))
    found = "right" if check.has_passed else "wrong"
    return Deed(Act.ALTERATION, records, f"a subject was checked and found {found}")


def shown(watchlist_ids: Sequence[str]) -> Iterator[Deed]:
    """Return that names and purposes of watchlists were read."""
    for lot in in_lots([_watchlist(each) for each in watchlist_ids]):
        yield Deed(Act.CONSULTATION, lot, "a watchlist was read, without its subjects")


def subject_added(subject: SealedSubject) -> Deed:
    """Return that details of a subject were taken."""
    return Deed(Act.COLLECTION, _of_subject(subject), "a subject was added")


def subject_changed(subject: SealedSubject) -> Deed:
    """Return that a subject's details are others."""
    return Deed(Act.ALTERATION, _of_subject(subject), "a subject's details were changed")


def subject_removed(watchlist_id: str, subject_id: str) -> Deed:
    """Return that a subject is gone, with details and images."""
    records = (_subject(subject_id), _watchlist(watchlist_id))
    return Deed(Act.ERASURE, records, "a subject was removed, with its images")


def subjects_shown(subjects: Sequence[Subject]) -> Iterator[Deed]:
    """Return that details of subjects were read."""
    for lot in in_lots([_subject(each.subject_id) for each in subjects]):
        yield Deed(Act.CONSULTATION, lot, "details of subjects were read")


def image_added(reference: Reference) -> Deed:
    """Return that an image of a subject was taken."""
    records = (*_of_reference(reference), _subject(reference.subject_id))
    return Deed(Act.COLLECTION, records, "an image of a subject was added")


def image_settled(reference: Reference) -> Deed:
    """Return that an image was enrolled or rejected."""
    why = f"an image was {reference.state.value}"
    if reference.unfit_pack is not None:
        why = "an image was found unfit for a model pack"
    return Deed(Act.ALTERATION, _of_reference(reference), why)


def renewed(watchlist_id: str) -> Deed:
    """Return that images are enrolled once more."""
    why = "images of a watchlist were submitted again, for another model pack"
    return Deed(Act.ALTERATION, (_watchlist(watchlist_id),), why)


def image_shown(reference_id: str) -> Deed:
    """Return that an image was looked at."""
    return Deed(Act.CONSULTATION, (_reference(reference_id),), "an image of a subject was read")


def image_removed(reference_id: str) -> Deed:
    """Return that an image was removed."""
    return Deed(Act.ERASURE, (_reference(reference_id),), "an image was removed")


def images_listed(references: Sequence[Reference]) -> Iterator[Deed]:
    """Return that it was read whose images there are, and what became of them."""
    for lot in in_lots([_reference(each.reference_id) for each in references]):
        yield Deed(Act.CONSULTATION, lot, "the state of images was read")


def _watchlist(watchlist_id: str) -> str:
    return f"watchlist:{watchlist_id}"


def _subject(subject_id: str) -> str:
    return f"subject:{subject_id}"


def _reference(reference_id: str) -> str:
    return f"reference:{reference_id}"


def _of_subject(subject: SealedSubject) -> tuple[str, ...]:
    return (_subject(subject.subject_id), _watchlist(subject.watchlist_id))


def _of_reference(reference: Reference) -> tuple[str, ...]:
    return (_reference(reference.reference_id), _watchlist(reference.watchlist_id))
