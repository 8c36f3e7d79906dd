"""A suspension holds until an officer lifts that very one."""

import pytest
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import an_order, book_with, resumed, signed

from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.shredding.clock import instant
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"


@pytest.fixture(name="book")
def book_(trust: LocalTrust) -> OrderBook:
    return book_with(trust, an_order())


@pytest.fixture(name="suspensions")
def suspensions_(book: OrderBook) -> Suspensions:
    return Suspensions(book)


def suspend(suspensions: Suspensions, instance_id: str = "purge-1") -> str:
    """Suspend the deployment and return the suspension's id."""
    assert suspensions.suspend(
        NAME,
        SuspensionGround.COPY_OPEN,
        instance_id=instance_id,
        slot="term-1",
        at=instant(FakeClock()),
    )
    said = suspensions.of(NAME)
    assert said is not None
    return said.suspension_id


def lifting(trust: LocalTrust, book: OrderBook, lifts: str, serial: int) -> DeploymentOrdered:
    held = book.by_deployment(NAME)
    assert held is not None
    return resumed(trust, held.signed, lifts=lifts, serial=serial)


def test_a_suspension_is_in_force_at_once_and_found_once(suspensions: Suspensions) -> None:
    suspension_id = suspend(suspensions)
    assert suspensions.is_suspended(NAME)
    assert not suspensions.is_suspended("deployment-2")
    assert [said.suspension_id for said in suspensions.unpublished()] == [suspension_id]
    assert not suspensions.suspend(
        NAME, SuspensionGround.AGE_OVER_BUDGET, instance_id="p", slot="s", at=instant(FakeClock())
    )


def test_an_officer_lifts_it_by_its_name(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    suspension_id = suspend(suspensions)
    book.hear(lifting(trust, book, "another", 2), WALL_US)
    assert suspensions.is_suspended(NAME)
    book.hear(lifting(trust, book, suspension_id, 3), WALL_US)
    assert not suspensions.is_suspended(NAME)
    assert [said.suspension_id for said in suspensions.lifted()] == [suspension_id]
    assert book.live_orders(WALL_US)


def test_a_lifting_that_is_sent_again_lifts_nothing_that_came_later(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    first = lifting(trust, book, suspend(suspensions), 2)
    book.hear(first, WALL_US)
    suspend(suspensions)
    book.hear(first, WALL_US)
    assert suspensions.is_suspended(NAME)
    book.hear(lifting(trust, book, "another", 3), WALL_US)
    with pytest.raises(Refused):
        book.hear(first, WALL_US)
    assert suspensions.is_suspended(NAME)


def test_a_suspension_that_was_lifted_and_is_said_again_hides_none_that_came_later(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    suspension_id = suspend(suspensions)
    [first] = suspensions.unpublished()
    suspensions.hear(first)
    book.hear(lifting(trust, book, suspension_id, 2), WALL_US)
    suspend(suspensions)
    [second] = suspensions.unpublished()
    suspensions.hear(second)
    with pytest.raises(Refused):
        suspensions.hear(first)
    assert suspensions.of(NAME) == second
    # The topic keeps the last statement only, so that the one in force has to be said again.
    assert suspensions.unpublished() == [second]


def test_another_instance_holds_it_too_and_lifts_it_with_the_same_word(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    other = Suspensions(book)
    suspend(other, "purge-2")
    suspend(suspensions)
    [said] = suspensions.unpublished()
    other.hear(DeploymentSuspended.decode(said.encode()))
    assert other.unpublished() == []
    book.hear(lifting(trust, book, said.suspension_id, 2), WALL_US)
    assert not other.is_suspended(NAME)
    assert not suspensions.is_suspended(NAME)


def test_what_has_ended_is_neither_suspended_nor_resumed(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    suspend(suspensions)
    book.hear(signed(trust, an_order(), status=OrderStatus.ENDED, serial=2), WALL_US)
    assert suspensions.in_force() == []
    assert suspensions.lifted() == []


def test_a_lifting_that_somebody_else_signed_is_refused(
    trust: LocalTrust, book: OrderBook, suspensions: Suspensions
) -> None:
    ordered = lifting(trust, book, suspend(suspensions), 2)
    forged = ordered.model_copy(
        update={"state": ordered.state.model_copy(update={"signature": bytes(64)})}
    )
    with pytest.raises(Refused):
        book.hear(forged, WALL_US)
    assert suspensions.is_suspended(NAME)
