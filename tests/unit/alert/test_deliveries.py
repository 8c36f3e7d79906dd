"""What consoles say that they have received counts as far as it was sent to them, and stays."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from lethe.alert.deliveries import Deliveries, Reached, Scope, Spans

ALL = Scope()
NORTH, SOUTH = (Scope(areas=frozenset({name})) for name in ("north", "south"))


@dataclass
class Stream:
    """What a connection was sent, as a test says."""

    sent: tuple[int, int]


def everybody(_: Scope) -> bool:
    return True


def received(deliveries: Deliveries, upto: int) -> list[int]:
    return [each for each in range(upto + 1) if deliveries.has("d", each, everybody)]


def test_all_have_received_what_the_slowest_has() -> None:
    deliveries = Deliveries()
    quick, slow = (deliveries.connect(Stream((0, 9)), ALL) for _ in range(2))
    quick.received(9)
    slow.received(4)
    assert deliveries.reached(newest=9) == Reached(connected=2, received=4, up_to_date=1)
    slow.leave()
    assert deliveries.reached(newest=9) == Reached(connected=1, received=9, up_to_date=1)
    assert deliveries.reached(newest=10).up_to_date == 0
    quick.leave()
    assert deliveries.reached() == Reached(connected=0, received=None)
    # Whoever had them has seen them, and may be gone.
    assert received(deliveries, 10) == list(range(1, 10))


def test_what_is_said_again_takes_nothing_back() -> None:
    deliveries = Deliveries()
    console = deliveries.connect(Stream((0, 9)), ALL)
    for told in (7, 3, 7, 0):
        console.received(told)
    assert deliveries.reached().received == 7
    assert received(deliveries, 9) == list(range(1, 8))


def test_nobody_has_received_what_was_not_sent_yet() -> None:
    deliveries, stream = Deliveries(), Stream((0, 5))
    console = deliveries.connect(stream, ALL)
    console.received(2**62)
    assert deliveries.reached().received == 5
    stream.sent = (0, 8)
    assert received(deliveries, 8) == list(range(1, 6))


def test_what_a_console_began_behind_and_what_a_gap_passed_over_it_was_not_sent() -> None:
    deliveries, stream = Deliveries(), Stream((10, 12))
    console = deliveries.connect(stream, ALL)
    assert deliveries.reached().received == 10
    console.received(12)
    stream.sent = (20, 23)
    console.received(23)
    assert received(deliveries, 25) == [11, 12, 21, 22, 23]


def test_a_console_that_only_a_gap_was_told_to_is_behind_it() -> None:
    deliveries, stream = Deliveries(), Stream((3, 3))
    console = deliveries.connect(stream, ALL)
    stream.sent = (20, 20)
    console.received(20)
    assert deliveries.reached().received == 20
    assert received(deliveries, 25) == []


def test_consoles_count_for_whom_their_limits_let_them_see() -> None:
    deliveries = Deliveries()
    for scope, told in ((NORTH, 2), (SOUTH, 6), (SOUTH, 5)):
        deliveries.connect(Stream((0, 6)), scope).received(told)
    assert deliveries.reached(NORTH.__eq__) == Reached(1, 2, 1)
    assert deliveries.reached(SOUTH.__eq__) == Reached(2, 5, 2)
    assert not deliveries.has("d", 3, NORTH.__eq__)
    assert deliveries.has("d", 6, SOUTH.__eq__)


def test_what_was_kept_from_a_console_it_has_not_received_also_when_it_may_see_it() -> None:
    deliveries = Deliveries()
    early = deliveries.connect(Stream((0, 6)), NORTH)
    for sequence, name in enumerate(("d", "other", "d", "d", "other", "d"), start=1):
        early.handed(name, sequence, is_told=name == "other" or sequence > 4)
    early.received(6)
    assert received(deliveries, 6) == [5, 6]
    assert deliveries.has("other", 2, everybody)
    # A page that comes later is told of the latest two, and of these only the last was kept back.
    late = deliveries.connect(Stream((3, 6)), NORTH)
    for sequence in (4, 6):
        late.handed("d", sequence, is_told=True)
    assert received(deliveries, 6) == [5, 6], "it hasn't said yet that it has them"
    late.received(6)
    assert received(deliveries, 6) == [4, 5, 6]


def test_of_limits_that_nobody_has_any_more_a_few_are_known() -> None:
    deliveries = Deliveries(kept=2)
    scopes = [Scope(deployments=frozenset({str(number)})) for number in range(5)]
    for scope in scopes:
        console = deliveries.connect(Stream((0, 3)), scope)
        console.received(3)
        console.leave()
    assert [deliveries.has("d", 3, scope.__eq__) for scope in scopes] == [False] * 3 + [True] * 2
    # Whoever comes back is no longer among them, nor counted twice when they leave together.
    pair = [deliveries.connect(Stream((0, 3)), scopes[3]) for _ in range(2)]
    for scope in scopes[:2]:
        deliveries.connect(Stream((0, 3)), scope).leave()
    pair[0].leave()
    assert deliveries.has("d", 3, scopes[3].__eq__)
    assert not deliveries.has("d", 3, scopes[4].__eq__)
    pair[1].leave()
    assert deliveries.reached() == Reached(connected=0, received=None)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 8)), max_size=12))
def test_spans_hold_what_was_added_and_nothing_else(added: list[tuple[int, int]]) -> None:
    spans = Spans()
    told: set[int] = set()
    for after, length in added:
        spans.add(after, after + length)
        told.update(range(after + 1, after + length + 1))
    assert {each for each in range(45) if each in spans} == told
