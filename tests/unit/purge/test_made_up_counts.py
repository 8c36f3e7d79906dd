"""Counts that nobody signs: whoever makes them up falsifies them, and doesn't let purge grow."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.ledger import GRANTED, Books

from lethe.contracts.live import FrameOutcome
from lethe.purge import frames, orphans, tallies

_FAR_MS = 10**12
"""Some thirty years ahead."""
_FEW = 8

Tell = Callable[[Books, str, int], None]


def captured(books: Books, slot: str, at_ms: int) -> None:
    books.accountant.hear_slot(books.closed(slot, at_ms + 50, {0: at_ms}))


def opened(books: Books, slot: str, at_ms: int) -> None:
    books.accountant.hear_frame(books.processed(slot, 0, at_ms))


def expired(books: Books, slot: str, at_ms: int) -> None:
    books.accountant.hear_frame(books.processed(slot, 0, at_ms, outcome=FrameOutcome.EXPIRED))


def decided(books: Books, slot: str, at_ms: int) -> None:
    books.accountant.hear_probe(books.decided(slot, 0, 0, at_ms))


EVERY_WAY = pytest.mark.parametrize("tell", [captured, opened, expired, decided])
WHENEVER = pytest.mark.parametrize("at_ms", [100, -_FAR_MS, _FAR_MS])


def kept(books: Books) -> dict[str, int]:
    """Return how much the ledger of frames keeps of what it heard."""
    ledger = books.accountant._frames
    names = ("_slots", "_over", "_closed", "_offers", "_tallies")
    return {name: len(getattr(ledger, name)) for name in names} | {
        "_orphans": len(ledger._orphans._since)
    }


def minutes_later(books: Books) -> None:
    for _ in range(30):
        books.later(10_000)


@EVERY_WAY
@WHENEVER
def test_what_is_told_of_a_slot_without_a_grant_is_forgotten_after_minutes(
    tell: Tell, at_ms: int
) -> None:
    books = Books()
    for number in range(20):
        tell(books, f"made-up-{number}", at_ms)
    minutes_later(books)
    assert set(kept(books).values()) == {0}
    assert books.accountant.account()["settled"]


@pytest.mark.parametrize("tell", [captured, opened])
def test_what_is_told_as_captured_or_opened_stays_unerased(tell: Tell) -> None:
    books = Books()
    tell(books, "made-up", 100)
    books.later(20_000)
    assert books.accountant.account()["unerased"] == 1
    minutes_later(books)
    assert books.accountant.account()["unerased"] == 1


@EVERY_WAY
def test_a_frame_of_a_slot_that_was_granted_is_over_with_the_slot_whenever_it_is_said_to_be_from(
    tell: Tell,
) -> None:
    books = Books()
    books.one_frame()
    tell(books, "s1", _FAR_MS)
    books.accountant.hear_frame(books.processed("s1", 7, _FAR_MS))
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    books.later(6_000)
    account = books.accountant.account()
    assert (account["settled"], account["unerased"]) == (True, 0)
    minutes_later(books)
    assert set(kept(books).values()) == {0}


def test_of_too_many_slots_without_a_grant_no_more_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(orphans, "_MOST", _FEW)
    books = Books()
    for number in range(_FEW):
        opened(books, f"made-up-{number}", 100)
    books.later(10)
    for number in range(100):
        opened(books, f"more-{number}", 100)
    assert kept(books)["_slots"] == _FEW
    books.one_frame()
    assert kept(books)["_slots"] == _FEW + 1


def test_of_too_many_cameras_no_more_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "_MOST_CAMERAS", _FEW)
    books = Books()
    for number in range(_FEW + 20):
        closed: Any = books.closed("s1", 230, {}, 2)
        books.accountant.hear_slot(closed.model_copy(update={"camera_id": f"camera-{number}"}))
    assert len(books.accountant.account()["cameras"]) == _FEW


def test_of_too_many_reasons_the_rest_is_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "_MOST_REASONS", _FEW)
    books = Books()
    reasons = {f"reason-{number}": 1 for number in range(_FEW + 20)}
    closed = books.closed(None, 230, {}).model_copy(update={"dropped": reasons, "offered": 28})
    books.accountant.hear_slot(closed)
    processed = books.processed("s1", 0, 100).model_copy(update={"discarded": reasons})
    books.accountant.hear_frame(processed)
    [camera] = books.accountant.account()["cameras"].values()
    discarded = books.accountant.account()["faces"]["discarded"]
    for counts in (camera["dropped"], discarded):
        assert isinstance(counts, dict)
        assert (len(counts), counts[tallies.OTHERS], sum(counts.values())) == (9, 20, 28)
