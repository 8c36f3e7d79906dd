"""Each granted copy ends as acknowledged, dead, lapsed, or stays open."""

import pytest
from tests.support.ledger import Books

from lethe.contracts.keys import Predecessor, Role
from lethe.contracts.sealed import Purpose


def _endings(books: Books) -> dict[str, int]:
    return {name: n for name, n in books.accountant.account()["copies"].items() if n}


def test_copies_are_open_until_something_is_known_of_them() -> None:
    books = Books()
    books.open_slot()
    assert _endings(books) == {"open": 4}


def test_a_copy_that_its_holder_closed_is_acknowledged() -> None:
    books = Books()
    books.open_slot()
    told = [books.destroyed("s1", Purpose.FRAME, {0: 120}, closed_ms=300)]
    books.accountant.hear_ticket(books.ticket(Role.INGEST, 2, 310, destroyed=told))
    assert _endings(books) == {"acknowledged": 1, "open": 3}


def test_a_report_of_the_same_run_after_the_deadline_means_lapsed() -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_ticket(books.ticket(Role.DETECT, 2, 1_000))
    assert _endings(books) == {"open": 4}
    books.accountant.hear_ticket(books.ticket(Role.DETECT, 3, 1_001))
    assert _endings(books) == {"lapsed": 2, "open": 2}


@pytest.mark.parametrize("known", [True, False])
def test_a_new_run_means_that_the_copies_of_the_one_before_are_dead(known: bool) -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}))
    for role, numbers in ((Role.INGEST, {0: 101}), (Role.DETECT, {0: 140})):
        told = [books.destroyed("s1", Purpose.FRAME, numbers, closed_ms=200)]
        told += [books.destroyed("s1", Purpose.PROBE, {}, closed_ms=200)]
        books.accountant.hear_ticket(books.ticket(role, 2, 300, destroyed=told))
    before = Predecessor(boot="run-match", exited=books.at(500)) if known else None
    again = books.ticket(Role.MATCH, 1, 800, boot="run-2", started_ms=700, predecessor=before)
    books.accountant.hear_ticket(again)
    assert _endings(books) == {"acknowledged": 3, "dead": 1}
    books.later(5_000)
    account = books.accountant.account()
    assert account["frames"]["lost"] == 1
    assert account["erasure_age_ms"]["max"] == (400.0 if known else 600.0)


def test_a_late_ticket_of_an_earlier_run_says_nothing_of_a_later_one() -> None:
    books = Books()
    late = books.ticket(Role.DETECT, 7, -2_000, boot="run-0", started_ms=-8_000)
    books.accountant.hear_ticket(books.ticket(Role.DETECT, 1, 0, started_ms=-1_000))
    books.accountant.hear_grant(books.grant(books.ticket(Role.DETECT, 1, 0), "s1", 10))
    books.accountant.hear_ticket(late)
    assert _endings(books) == {"open": 2}


def test_a_holder_of_another_role_cannot_speak_for_a_copy() -> None:
    books = Books()
    books.open_slot()
    told = [books.destroyed("s1", Purpose.FRAME, {0: 1}, closed_ms=1)]
    for boot in ("run-detect", "another"):
        forged = books.ticket(Role.INGEST, 9, 5_000, boot=boot, started_ms=4_000, destroyed=told)
        forged = forged.model_copy(update={"instance_id": "detect-1"})
        books.accountant.hear_ticket(forged)
    assert _endings(books) == {"open": 4}


def test_a_grant_delivered_again_opens_no_second_copy() -> None:
    books = Books()
    books.open_slot()
    books.open_slot()
    assert _endings(books) == {"open": 4}


def test_a_holder_that_left_holds_nothing_whatever_is_granted_to_its_last_ticket() -> None:
    books = Books()
    books.open_slot()
    ticket = books.ticket(Role.MATCH, 2, 200)
    books.accountant.hear_ticket(ticket)
    books.accountant.hear_ticket(books.ticket(Role.MATCH, 3, 210, leaving=True))
    books.accountant.hear_grant(books.grant(ticket, "s2", 215))
    assert _endings(books) == {"acknowledged": 2, "open": 3}


def test_what_ended_long_ago_is_forgotten() -> None:
    books = Books()
    books.open_slot()
    for role in (Role.INGEST, Role.DETECT, Role.MATCH):
        books.accountant.hear_ticket(books.ticket(role, 2, 1_500))
    books.later(60_000)
    ledger = books.accountant._copies
    assert not list(ledger.slots())
    assert not ledger._sent
    # Known for longer, so that none is taken for new when it is delivered again.
    assert ledger._granted
    books.later(70_000)
    assert not ledger._granted
    assert not any(ledger._open.values())


@pytest.mark.parametrize("at_ms", [-1, -2_000_000])
def test_an_end_before_there_was_a_copy_is_not_believed(at_ms: int) -> None:
    """A holder that says so lies: the copy counts to its deadline."""
    books = Books()
    books.open_slot()
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}))
    told = [books.destroyed("s1", Purpose.FRAME, {0: at_ms}, closed_ms=at_ms)]
    books.accountant.hear_ticket(books.ticket(Role.INGEST, 2, 310, destroyed=told))
    assert _endings(books) == {"open": 4}
    for role in (Role.INGEST, Role.DETECT, Role.MATCH):
        books.accountant.hear_ticket(books.ticket(role, 3, 1_001))
    books.later(5_000)
    assert _endings(books) == {"lapsed": 4}
    assert books.accountant.account()["erasure_age_ms"]["max"] == 900.0


def test_a_process_that_ended_before_it_had_a_copy_kept_it_to_the_deadline() -> None:
    books = Books()
    books.open_slot()
    books.accountant.hear_slot(books.closed("s1", 230, {0: 100}))
    before = Predecessor(boot="run-match", exited=books.at(-1))
    again = books.ticket(Role.MATCH, 1, 800, boot="run-2", started_ms=700, predecessor=before)
    books.accountant.hear_ticket(again)
    for role in (Role.INGEST, Role.DETECT):
        told = [books.destroyed("s1", Purpose.FRAME, {0: 120}, closed_ms=200)]
        told += [books.destroyed("s1", Purpose.PROBE, {}, closed_ms=200)]
        books.accountant.hear_ticket(books.ticket(role, 2, 300, destroyed=told))
    books.later(5_000)
    assert books.accountant.account()["erasure_age_ms"]["max"] == 900.0


def test_a_copy_of_a_slot_to_come_dies_as_much_later_and_can_be_given_up_before() -> None:
    books = Books()
    for role in (Role.INGEST, Role.DETECT):
        ticket = books.ticket(role, 1, 0)
        books.accountant.hear_ticket(ticket)
        granted = books.grant(ticket, "s3", 10, [Purpose.FRAME], after_ms=400)
        books.accountant.hear_grant(granted)
    told = [books.destroyed("s3", Purpose.FRAME, {}, closed_ms=90)]
    books.accountant.hear_ticket(books.ticket(Role.INGEST, 2, 100, destroyed=told))
    assert _endings(books) == {"acknowledged": 1, "open": 1}
    books.accountant.hear_ticket(books.ticket(Role.DETECT, 2, 1_400))
    assert _endings(books) == {"acknowledged": 1, "open": 1}
    books.accountant.hear_ticket(books.ticket(Role.DETECT, 3, 1_401))
    assert _endings(books) == {"acknowledged": 1, "lapsed": 1}


def test_of_a_holder_that_ended_before_a_slot_began_its_copy_is_dead() -> None:
    books = Books()
    ticket = books.ticket(Role.DETECT, 1, 0)
    books.accountant.hear_ticket(ticket)
    books.accountant.hear_grant(books.grant(ticket, "s3", 10, [Purpose.FRAME], after_ms=400))
    again = books.ticket(Role.DETECT, 1, 300, boot="run-2", started_ms=250)
    books.accountant.hear_ticket(again)
    assert _endings(books) == {"dead": 1}
