"""Who is withdrawn under an order stays withdrawn: lists only grow, and an officer signs each."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.clocks import WALL_US
from tests.support.forgetting import CAMERA, an_order, book_with, signed, signer_of, withdrawn

from lethe.contracts.errors import LetheError, Refused, RolledBack
from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.orders import DeploymentOrdered, OrderStatus, withdrawal_hash
from lethe.contracts.sealed import Purpose
from lethe.shredding.authorising import sign_state
from lethe.shredding.order_check import order_check
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"


def held_in(book: OrderBook) -> HeldOrder:
    held = book.by_deployment(NAME)
    assert held is not None
    return held


def test_an_officer_withdraws_subjects_and_the_order_stays_what_it_was(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    before = held_in(book)
    book.hear(withdrawn(trust, before.signed, "s1", "s0"), WALL_US)
    live = book.live_order(CAMERA, WALL_US)
    assert live is not None
    assert (live.order, live.order_hash) == (before.order, before.order_hash)
    assert live.withdrawn == {"s0", "s1"}
    assert live.withdrawn_hash == withdrawal_hash(["s0", "s1"])


@pytest.mark.parametrize("by", ["drafter", "alert", "match", "purge"])
def test_nobody_else_withdraws_anybody(trust: LocalTrust, by: str) -> None:
    book = book_with(trust, an_order())
    with pytest.raises(Refused):
        book.hear(withdrawn(trust, held_in(book).signed, "s0", by=by), WALL_US)
    assert held_in(book).withdrawn == frozenset()


def test_a_forged_withdrawal_is_refused(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    genuine = withdrawn(trust, held_in(book).signed, "s0")
    other = signed(trust, an_order(deployment_id="deployment-2"))
    payload = genuine.state.payload.replace(b"s0", b"s1")
    assert payload != genuine.state.payload
    forged = [
        genuine.state.model_copy(update={"signature": bytes(64)}),
        genuine.state.model_copy(update={"payload": payload}),
        withdrawn(trust, other.order, "s0").state,
        signer_of(trust, "officer").sign("another context", genuine.state.payload),
    ]
    for state in forged:
        with pytest.raises(Refused):
            book.hear(DeploymentOrdered(order=genuine.order, state=state), WALL_US)
    assert held_in(book).withdrawn == frozenset()


def test_nobody_is_brought_back_by_a_replay_or_by_another_signature(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    order = held_in(book).signed
    first = withdrawn(trust, order, "s0", serial=2)
    for ordered in (first, withdrawn(trust, order, "s0", "s1", serial=3)):
        book.hear(ordered, WALL_US)
    with pytest.raises(RolledBack):
        book.hear(first, WALL_US)
    with pytest.raises(RolledBack):
        book.hear(signed(trust, an_order()), WALL_US)
    for fewer in ((), ("s0",), ("s0", "s2")):
        with pytest.raises(Refused, match="brings back somebody who was withdrawn"):
            book.hear(withdrawn(trust, order, *fewer, serial=4), WALL_US)
    assert held_in(book).withdrawn == {"s0", "s1"}


def test_nor_is_anybody_after_a_restart_that_remembers(trust: LocalTrust) -> None:
    before = book_with(trust, an_order())
    order = held_in(before).signed
    newest = withdrawn(trust, order, "s0", serial=2)
    before.hear(newest, WALL_US)
    after = OrderBook(trust.roster())
    after.restore(before.progress)
    with pytest.raises(RolledBack):
        after.hear(signed(trust, an_order()), WALL_US)
    with pytest.raises(Refused, match="brings back"):
        after.hear(withdrawn(trust, order, serial=3), WALL_US)
    assert after.live_order(CAMERA, WALL_US) is None
    after.hear(newest, WALL_US)
    assert held_in(after).withdrawn == {"s0"}


def test_whoever_resumes_or_ends_an_order_brings_nobody_back(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    order = held_in(book).signed
    book.hear(withdrawn(trust, order, "s0", serial=2), WALL_US)
    officer = signer_of(trust, "officer")
    resuming = sign_state(order, officer, status=OrderStatus.RUNNING, serial=3, lifts="x")
    with pytest.raises(Refused, match="brings back"):
        book.hear(resuming, WALL_US)
    by_alert = sign_state(order, signer_of(trust, "alert"), status=OrderStatus.ENDED, serial=3)
    assert book.hear(by_alert, WALL_US).status is OrderStatus.ENDED
    assert book.progress[NAME].withdrawn == frozenset(), "an order that is over keeps nobody's id"


def test_what_is_only_checked_is_not_held(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    ordered = withdrawn(trust, held_in(book).signed, "s0")
    assert book.require(ordered, WALL_US).withdrawn == {"s0"}
    assert held_in(book).withdrawn == frozenset()
    assert not book.has_withdrawn(NAME, withdrawal_hash(["s0"]))


_STATES = st.lists(
    st.tuples(st.integers(1, 6), st.sets(st.sampled_from(["s0", "s1", "s2"]))), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(_STATES)
def test_whatever_is_heard_in_whatever_order_a_list_never_shrinks(
    trust: LocalTrust, states: list[tuple[int, set[str]]]
) -> None:
    book = book_with(trust, an_order())
    order, before = held_in(book).signed, frozenset[str]()
    for serial, subjects in states:
        try:
            book.hear(withdrawn(trust, order, *subjects, serial=serial), WALL_US)
        except LetheError:
            assert held_in(book).withdrawn == before
        assert before <= held_in(book).withdrawn
        before = held_in(book).withdrawn


def granted(book: OrderBook, withdrawn_hash: str) -> GrantedKey:
    return GrantedKey(
        slot="term-1",
        lane=CAMERA,
        purpose=Purpose.PROBE,
        deployment_id=NAME,
        order_hash=held_in(book).order_hash,
        commitment=bytes(32),
        withdrawn=withdrawn_hash,
    )


def test_match_keeps_no_key_of_a_purge_that_obeys_a_list_which_it_does_not_know(
    trust: LocalTrust,
) -> None:
    purges, matches = book_with(trust, an_order()), book_with(trust, an_order())
    order = held_in(purges).signed
    lists = [withdrawn(trust, order, *(f"s{n}" for n in range(many)), serial=many + 1)
             for many in range(3)]  # fmt: skip
    keeps, detects = order_check(matches, Role.MATCH), order_check(matches, Role.DETECT)
    for ordered in lists[1:]:
        before = held_in(purges).withdrawn_hash
        purges.hear(ordered, WALL_US)
        key = granted(matches, held_in(purges).withdrawn_hash)
        assert detects(key, WALL_US), "it searches nothing"
        assert not keeps(key, WALL_US)
        matches.hear(ordered, WALL_US)
        assert keeps(key, WALL_US)
        assert keeps(granted(matches, before), WALL_US), "a purge may hear it later"


def test_an_order_that_ended_is_over_whoever_authorises_it_again(trust: LocalTrust) -> None:
    first = signed(trust, an_order())
    book = book_with(trust, an_order())
    officer = signer_of(trust, "officer")
    book.hear(sign_state(first.order, officer, status=OrderStatus.ENDED, serial=2), WALL_US)
    with pytest.raises(RolledBack, match="it is over; draft another with another deployment_id"):
        book.hear(first, WALL_US)
