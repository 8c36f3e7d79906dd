"""What comes late, twice or from nobody spoils no account."""

import pytest
from tests.support.ledger import GRANTED, Books, adds_up

from lethe.contracts.live import FrameOutcome, ProbeOutcome


def test_a_frame_that_nobody_was_granted_a_key_for_stays_unerased() -> None:
    books = Books()
    books.accountant.hear_frame(books.processed("unknown", 0, 100))
    books.later(20_000)
    assert books.accountant.account()["unerased"] == 1


def test_frames_under_a_predecessors_grants_are_counted_without_an_age() -> None:
    books = Books()
    began_ms = -10_000
    books.accountant.hear_slot(books.closed("older", began_ms + 900, {0: began_ms + 500}))
    books.accountant.hear_frame(books.processed("older", 0, began_ms + 500))
    books.later(20_000)
    account = books.accountant.account()
    assert (account["unerased"], account["settled"]) == (0, True)
    assert account["erasure_age_ms"]["max"] is None
    adds_up(account)


def test_the_reports_of_a_settled_slot_delivered_again_count_nothing() -> None:
    books = Books()
    books.one_frame()
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    books.later(20_000)
    before = books.accountant.account()
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}))
    books.accountant.hear_frame(books.processed("s1", 0, 100, [0]))
    books.accountant.hear_probe(books.decided("s1", 0, 0, 100))
    books.later(20_000)
    assert books.accountant.account() == before


@pytest.mark.parametrize("told_ms", [3_500, 30_000])
def test_a_frame_whose_ingest_reports_late_is_not_counted_twice(told_ms: int) -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_frame(books.processed("s1", 0, 100))
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    books.later(told_ms)
    assert books.accountant.account()["frames"]["reconstructed"] == 1
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}, dropped=2))
    frames = books.accountant.account()["frames"]
    assert (frames["offered"], frames["captured"], frames["dropped"]) == (3, 1, 2)
    adds_up(books.accountant.account())


def test_a_forged_record_that_is_refused_first_does_not_hide_the_genuine_one() -> None:
    books = Books()
    books.open_slot()
    hear = books.accountant
    hear.hear_frame(books.processed("s1", 0, 50, outcome=FrameOutcome.REFUSED))
    hear.hear_probe(books.decided("s1", 3, 0, 50, ProbeOutcome.REFUSED))
    hear.hear_slot(books.closed("s1", 220, {0: 50}))
    hear.hear_frame(books.processed("s1", 0, 50, [3]))
    hear.hear_probe(books.decided("s1", 3, 0, 50))
    hear.hear_frame(books.processed("s1", 0, 50, outcome=FrameOutcome.REFUSED))
    hear.hear_probe(books.decided("s1", 3, 0, 50, ProbeOutcome.REFUSED))
    account = hear.account()
    assert (account["frames"]["processed"], account["frames"]["unreadable"]) == (1, 0)
    assert account["faces"]["probes"] == 1
    assert account["decisions"]["non_match"] == 1
    assert account["decisions"]["refused"] == 0


@pytest.mark.parametrize("outcome", [FrameOutcome.EXPIRED, FrameOutcome.REFUSED])
@pytest.mark.parametrize("end", [ProbeOutcome.EXPIRED, ProbeOutcome.REFUSED])
def test_a_record_of_a_slot_that_nobody_was_granted_counts_nothing_once_it_is_due(
    outcome: FrameOutcome, end: ProbeOutcome
) -> None:
    books = Books()
    before = books.accountant.account()
    books.accountant.hear_frame(books.processed("made up", 0, 50, outcome=outcome))
    books.accountant.hear_probe(books.decided("made up", 3, 0, 50, end))
    books.later(3_100)
    assert books.accountant.account() == before


def test_a_frame_replayed_when_its_slot_is_long_forgotten_is_not_unerased() -> None:
    books = Books()
    books.open_slot()
    books.one_frame()
    for role in GRANTED:
        books.accountant.hear_ticket(books.ticket(role, 3, 1_500))
    for _ in range(30):
        books.later(5_000)
    before = books.accountant.account()
    assert before["frames"]["captured"] == 1
    books.accountant.hear_frame(books.processed("s1", 0, 100, outcome=FrameOutcome.EXPIRED))
    redated = books.processed("s1", 1, 149_000, outcome=FrameOutcome.REFUSED)
    books.accountant.hear_frame(redated)
    books.later(4_000)
    assert books.accountant.account() == before
    assert before["unerased"] == 0
