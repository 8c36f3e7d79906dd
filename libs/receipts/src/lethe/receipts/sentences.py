"""Every entry in a sentence, for whoever audits without reading logs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import singledispatch
from types import MappingProxyType

from lethe.receipts.entries import (
    DEPOSED,
    ENROLMENT,
    STOPPED,
    AlertErased,
    AuditAnchored,
    MinuteCounted,
    OrderInForce,
    Resumed,
    SlotClosed,
    SlotGranted,
    SubjectsWithdrawn,
    Suspended,
    TermBegun,
    TermEnded,
    WatchlistErased,
)
from lethe.receipts.entry import Entry
from lethe.receipts.words import many

_MILLION = 1_000_000
_SHOWN_DIGITS = 16
_GROUNDS = MappingProxyType(
    {
        "false-alert": "because it was decided to be false",
        "retention": "because its time was over",
        "deployment-over": "because the last deployment that searched it was over",
        "requested": "because somebody asked for it",
        "key-gone": "since its key was lost before its time",
    }
)
_PROMISES = MappingProxyType(
    {
        "memory": "it lay in memory only, and is overwritten there",
        "overwritten": "it is overwritten on its disk, which may have kept an old copy by itself",
        "unlinked": "it is deleted, and might be found by whoever has its disk",
        "module": "a security module has destroyed it, as whoever runs that says",
    }
)
_REASONS = MappingProxyType(
    {STOPPED: "it was stopped", DEPOSED: "another instance grants them now"}
)


@singledispatch
def sentence(entry: Entry) -> str:
    """Say what an entry claims, in one sentence or two short ones."""
    raise TypeError(f"no sentence for {type(entry).__name__}")


@sentence.register
def _begun(entry: TermBegun) -> str:
    follows = (
        f"It goes on from {many(entry.predecessor_size, 'receipt')} of its log before."
        if entry.predecessor_size
        else "It knows of no log before."
    )
    return (
        f"{entry.instance} began to hand out keys; none may live longer than "
        f"{entry.budget_ms:,} ms. {follows}"
    )


@sentence.register
def _ordered(entry: OrderInForce) -> str:
    threshold = f"{entry.threshold_millionths / _MILLION:.2f}"
    return (
        f"The order of {entry.deployment} ({entry.order_type}) came into force: "
        f"{many(entry.cameras, 'camera')}, threshold {threshold}, from {_time(entry.starts_ms)} "
        f"to {_time(entry.ends_ms)}."
    )


@sentence.register
def _granted(entry: SlotGranted) -> str:
    return (
        f"{many(entry.key_count, 'key was', 'keys were')} made for a moment of "
        f"{_place(entry.deployment)}, and handed out in "
        f"{many(entry.copies, 'copy', 'copies')}, all to be destroyed by "
        f"{_time(entry.deadline_ms, 'milliseconds')}."
    )


@sentence.register
def _closed(entry: SlotClosed) -> str:
    if entry.open:
        copies = f"{many(entry.open, 'copy', 'copies')} of its keys may still exist"
    else:
        copies = f"all {many(entry.copies_told, 'copy', 'copies')} of its keys are gone"
    frames = _of_frames(entry) if entry.deployment else ""
    return f"Of a moment of {_place(entry.deployment)} {copies}{frames}."


def _of_frames(entry: SlotClosed) -> str:
    if not entry.captured:
        return "; no picture was taken"
    ends = _listed(
        {"looked at": entry.processed, "expired unseen": entry.expired, "lost": entry.lost}
    )
    return (
        f"; {many(entry.captured, 'picture was', 'pictures were')} taken ({ends}), and nothing of "
        f"one lived longer than {entry.oldest_age_ms:,} ms"
    )


@sentence.register
def _counted(entry: MinuteCounted) -> str:
    ends = _listed(
        {
            "forgotten": entry.faces_erased,
            "kept for an alert": entry.faces_rescued,
            "expired": entry.faces_expired,
        }
    )
    seen = many(entry.faces_seen, "face was", "faces were")
    return (
        f"In {many(entry.slots, 'moment')} of {entry.deployment}, about "
        f"{_span(entry.slots)}, {seen} seen{f': {ends}' if ends else ''}."
    )


@sentence.register
def _erased(entry: AlertErased) -> str:
    return f"An alert of {entry.deployment} was erased for good {_ground(entry)}"


@sentence.register
def _list_erased(entry: WatchlistErased) -> str:
    searched = f", which {entry.deployment} searched last," if entry.deployment else ""
    return f"A watchlist{searched} was erased for good with everybody on it {_ground(entry)}"


def _ground(entry: AlertErased | WatchlistErased) -> str:
    why = _GROUNDS.get(entry.ground, f"on the ground {entry.ground}")
    key = ""
    if entry.promise:
        key = f" Of its key the store says: {_PROMISES.get(entry.promise, entry.promise)}."
    return f"{why} (it stands here by the hash {entry.id_hash[:_SHOWN_DIGITS]}…).{key}"


@sentence.register
def _withdrawn(entry: SubjectsWithdrawn) -> str:
    people = many(entry.withdrawn, "person is", "people are")
    return (
        f"{people} searched for by {entry.deployment} no longer, by a later signed decision "
        f"(hash {entry.list_hash[:_SHOWN_DIGITS]}…)."
    )


@sentence.register
def _anchored(entry: AuditAnchored) -> str:
    return (
        f"The audit log had {many(entry.size, 'entry', 'entries')}: none of them can be changed or "
        f"dropped any more without being found out (hash {entry.head[:_SHOWN_DIGITS]}…)."
    )


@sentence.register
def _suspended(entry: Suspended) -> str:
    return f"{entry.deployment} was suspended, and captures nothing: {entry.reason}."


@sentence.register
def _resumed(entry: Resumed) -> str:
    return f"{entry.deployment} was resumed by somebody's decision: {entry.reason}."


@sentence.register
def _ended(entry: TermEnded) -> str:
    why = _REASONS.get(entry.reason, entry.reason)
    unclosed = (
        f"; how {many(entry.unclosed, 'of them ends', 'of them end')} isn't told here"
        if entry.unclosed
        else ""
    )
    return f"Handing out keys ended, since {why}: {many(entry.slots, 'moment')} in all{unclosed}."


def _place(deployment: str) -> str:
    return "enrolling images for a watchlist" if deployment == ENROLMENT else deployment


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)


def _span(slots: int) -> str:
    seconds = round(slots / 5)
    return many(max(1, seconds), "second")


def _time(at_ms: int, precision: str = "seconds") -> str:
    try:
        moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"
    return moment.isoformat(" ", timespec=precision).removesuffix("+00:00") + " UTC"
