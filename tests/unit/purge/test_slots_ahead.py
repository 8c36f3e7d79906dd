"""Tickets are answered with the keys of some slots in a row, under one order, without a gap."""

from tests.support.clocks import WALL_US
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with

from lethe.contracts.keys import KeyGranted
from lethe.shredding.keytraffic import SLOT_MS
from lethe.shredding.trust import LocalTrust

_EVERYBODY = {"ingest-1", "detect-1", "match-1"}


def slots_of(made: dict[str, KeyGranted], holder: str) -> list[tuple[str, int]]:
    """Return slots with how long after the grant they begin, of which a holder gets keys."""
    return sorted({(key.slot, key.after_ms) for key in made[holder].keys}, key=lambda s: s[1])


def test_a_ticket_is_answered_with_the_keys_of_some_slots(trust: LocalTrust) -> None:
    custody = Custody(book_with(trust, an_order()), slots=3)
    for first in (1, 4):
        custody.hear_all()
        made = custody.made()
        expected = [(f"term-{first + ahead}", ahead * SLOT_MS) for ahead in range(3)]
        assert all(slots_of(made, holder) == expected for holder in _EVERYBODY)
        assert {granted.slot for granted in made.values()} == {f"term-{first}"}


def test_no_key_is_made_for_a_slot_that_begins_after_its_orders_end(trust: LocalTrust) -> None:
    order = an_order(ends_at_us=WALL_US + 2 * SLOT_MS * 1000)
    custody = Custody(book_with(trust, order), slots=3)
    custody.hear_all()
    assert slots_of(custody.made(), "ingest-1") == [("term-1", 0), ("term-2", SLOT_MS)]
    custody.time.advance_ms(SLOT_MS)
    custody.hear_all()
    assert slots_of(custody.made(), "ingest-1") == [("term-3", 0)], "without a gap"


def test_no_key_is_made_ahead_for_an_order_that_has_not_begun(trust: LocalTrust) -> None:
    custody = Custody(book_with(trust, an_order(starts_at_us=WALL_US + SLOT_MS * 1000)), slots=3)
    custody.hear_all()
    assert custody.made() == {}
