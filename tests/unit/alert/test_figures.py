"""What receipts tell of the last minutes of a deployment."""

from typing import Any

from lethe.alert.figures import WINDOW_MS, ErasureAges, Figures, ReceiptFigures
from lethe.receipts.entries import AuditAnchored, MinuteCounted, SlotClosed
from lethe.receipts.entry import Entry

START_MS = 1_700_000_000_000


def slot(
    at_ms: int, oldest_age_ms: int = 0, *, of: str = "d", since_ms: int = START_MS, **counts: int
) -> SlotClosed:
    said: dict[str, Any] = dict.fromkeys(
        ("acknowledged", "dead", "lapsed", "open", "offered", "captured", "dropped"), 0
    )
    said |= {"processed": 0, "expired": 0, "lost": 0} | counts
    return SlotClosed(
        at_ms=since_ms + at_ms, deployment=of, slot="t-1", oldest_age_ms=oldest_age_ms, **said
    )


def minute(
    at_ms: int, slots: int, faces: int, *, of: str = "d", since_ms: int = START_MS
) -> MinuteCounted:
    return MinuteCounted(
        at_ms=since_ms + at_ms,
        deployment=of,
        slots=slots,
        dropped_without_key=0,
        faces_seen=faces,
        faces_erased=faces,
        faces_rescued=0,
        faces_expired=0,
    )


def figures(*entries: Entry) -> Figures:
    told = ReceiptFigures()
    told.take(each.line() for each in entries)
    return told.of("d")


def test_nothing_is_told_of_what_nothing_was_heard_of() -> None:
    assert figures() == Figures()
    anchored = AuditAnchored(at_ms=START_MS, log="slot-closed", size=1, head="ab" * 32)
    assert figures(anchored) == Figures()


def test_ages_are_those_of_slots_that_had_a_frame() -> None:
    slots = [slot(n, n, captured=1) for n in range(1, 1_001)]
    told = figures(slot(0), *slots, slot(1_001))
    assert told.erasure_age == ErasureAges(p50=500, p99_9=999, max=1_000)
    assert (told.slots, told.captured) == (1_002, 1_000)
    assert figures(slot(0, captured=0)).erasure_age is None


def test_frames_are_added_up_over_the_window_and_no_longer() -> None:
    told = figures(
        slot(0, 900, captured=5, expired=4, dropped=3),
        slot(1, 200, captured=2, expired=1, dropped=1),
        slot(WINDOW_MS + 1, 100, captured=1),
    )
    assert (told.captured, told.expired, told.dropped) == (3, 1, 1)
    assert told.erasure_age == ErasureAges(p50=100, p99_9=200, max=200)
    assert told.as_of_ms == START_MS + WINDOW_MS + 1


def test_faces_are_estimated_for_a_minute_from_the_latest_count_that_covers_half_of_one() -> None:
    assert figures(minute(0, slots=300, faces=90)).faces_per_minute == 90
    assert figures(minute(0, 300, 90), minute(1, slots=200, faces=40)).faces_per_minute == 60
    assert figures(minute(0, slots=149, faces=40)).faces_per_minute is None


def test_what_is_heard_later_counts_though_figures_were_asked_for_before() -> None:
    told = ReceiptFigures()
    for count in (1, 2):
        told.take([slot(count, captured=1).line()])
        assert told.of("d").captured == count
    assert told.of("another") == Figures()
