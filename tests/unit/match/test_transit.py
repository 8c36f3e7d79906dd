"""Which of alert's transit keys match seals to."""

from tests.support.clocks import FakeClock
from tests.support.match_desk import ticket_of_alert

from lethe.contracts.keys import TransitKey
from lethe.match.transit import TransitKeys

FIRST = TransitKey(key_id="first", public_key=b"1")
SECOND = TransitKey(key_id="second", public_key=b"2")


def test_before_alert_was_heard_there_is_no_key() -> None:
    assert TransitKeys().current(FakeClock().now()) is None


def test_the_newest_key_is_used_while_it_is_announced() -> None:
    clock, keys = FakeClock(), TransitKeys()
    keys.hear(ticket_of_alert(FIRST), clock.now())
    assert keys.current(clock.now()) == FIRST
    keys.hear(ticket_of_alert(SECOND), clock.now())
    assert keys.current(clock.now()) == SECOND
    clock.time.advance_ms(2_000)
    assert keys.current(clock.now()) == SECOND
    clock.time.advance_ms(1)
    assert keys.current(clock.now()) is None


def test_a_goodbye_does_not_announce_the_key_any_longer() -> None:
    clock, keys = FakeClock(), TransitKeys()
    keys.hear(ticket_of_alert(FIRST), clock.now())
    clock.time.advance_ms(1_900)
    keys.hear(ticket_of_alert(None), clock.now())
    assert keys.current(clock.now()) == FIRST
    clock.time.advance_ms(101)
    assert keys.current(clock.now()) is None


def test_an_earlier_leader_is_not_believed_while_a_later_one_announces_a_key() -> None:
    clock, keys = FakeClock(), TransitKeys()
    later = SECOND.model_copy(update={"term": 2})
    earlier = FIRST.model_copy(update={"term": 1})
    keys.hear(ticket_of_alert(later), clock.now())
    keys.hear(ticket_of_alert(earlier), clock.now())
    assert keys.current(clock.now()) == later
    clock.time.advance_ms(2_001)
    # Another database, whose terms begin anew, must not leave the officers without pictures.
    keys.hear(ticket_of_alert(earlier), clock.now())
    assert keys.current(clock.now()) == earlier
