"""Two states of one serial would split the services: alert lets none pass another."""

import asyncio

import pytest
from tests.support.forgetting import signed, signer_of, withdrawn
from tests.unit.alert.deploying.conftest import ORDER, Front, camera

from lethe.alert.errors import Conflict
from lethe.contracts.errors import Refused, RolledBack, Transient
from lethe.contracts.orders import DeploymentOrdered, OrderState, OrderStatus
from lethe.shredding.authorising import sign_state
from lethe.shredding.trust import LocalTrust

NAME = ORDER.deployment_id


@pytest.fixture(name="ordered")
async def ordered_(front: Front, trust: LocalTrust) -> DeploymentOrdered:
    ordered = signed(trust, ORDER)
    await front.desk.order(ordered, [camera()])
    front.published.clear()
    return ordered


def resumed(trust: LocalTrust, ordered: DeploymentOrdered) -> DeploymentOrdered:
    officer = signer_of(trust, "officer")
    return sign_state(ordered.order, officer, status=OrderStatus.RUNNING, serial=2, lifts="s-1")


async def hand_in(front: Front, state: DeploymentOrdered) -> None:
    if OrderState.decode(state.state.payload).withdrawn:
        await front.desk.withdraw(front.desk.withdrawal(NAME, state.state))
    else:
        await front.desk.order(state, [])


def in_force(front: Front) -> object:
    found = front.desk.deployment(NAME)
    assert found is not None
    return found.signed_state


async def lose_the_answer(front: Front, state: DeploymentOrdered) -> None:
    """Hand in what the broker takes, and what alert isn't told of."""
    before = in_force(front)
    front.answers_lost = True
    with pytest.raises(Transient):
        await hand_in(front, state)
    front.answers_lost = False
    assert in_force(front) == before


@pytest.mark.parametrize("is_withdrawn_first", [True, False])
async def test_of_two_with_one_serial_the_first_on_the_topic_is_in_force_and_the_other_nowhere(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered, is_withdrawn_first: bool
) -> None:
    states = [withdrawn(trust, ordered.order, "s0"), resumed(trust, ordered)]
    first, second = states if is_withdrawn_first else reversed(states)
    front.answers.clear()
    front.given.clear()
    tasks = [asyncio.create_task(hand_in(front, first))]
    await front.given.wait()
    tasks.append(asyncio.create_task(hand_in(front, second)))
    asyncio.get_running_loop().call_soon(front.answers.set)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in told] == [type(None), RolledBack]
    assert front.published == [(first, NAME, [])]
    assert in_force(front) == first.state


async def test_what_the_broker_may_have_is_brought_through_before_another_is_taken(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    first = resumed(trust, ordered)
    await lose_the_answer(front, first)
    with pytest.raises(RolledBack):
        await hand_in(front, withdrawn(trust, ordered.order, "s0"))
    assert front.published == [(first, NAME, [])] * 2
    assert in_force(front) == first.state


async def test_what_the_broker_may_have_can_be_handed_in_again(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    first = withdrawn(trust, ordered.order, "s0")
    await lose_the_answer(front, first)
    await hand_in(front, first)
    assert front.published == [(first, NAME, [])] * 2
    assert in_force(front) == first.state


async def test_what_was_heard_from_the_broker_is_not_brought_through_again(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    first, second = resumed(trust, ordered), withdrawn(trust, ordered.order, "s0", serial=3)
    await lose_the_answer(front, first)
    front.desk.hear_order(first)
    await hand_in(front, second)
    assert front.published == [(first, NAME, []), (second, NAME, [])]


async def test_what_holds_no_longer_is_not_brought_through(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    stale = withdrawn(trust, ordered.order, "s0", serial=5)
    await lose_the_answer(front, stale)
    front.desk.hear_order(withdrawn(trust, ordered.order, "s1", serial=3))
    following = withdrawn(trust, ordered.order, "s0", "s1", serial=4)
    await hand_in(front, following)
    assert front.published == [(stale, NAME, []), (following, NAME, [])]


async def test_an_end_is_above_what_the_broker_may_have_and_waits_for_none_of_it(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    far = withdrawn(trust, ordered.order, "s0", serial=2**60)
    await lose_the_answer(front, far)
    assert await front.desk.end(NAME, "olga")
    [_, (ended, _, _)] = front.published
    said = OrderState.decode(ended.state.payload)
    assert (said.status, said.serial) == (OrderStatus.ENDED, 2**60 + 1)
    assert in_force(front) == ended.state


async def test_no_order_begins_because_another_of_its_name_is_handed_in(
    front: Front, trust: LocalTrust
) -> None:
    first = signed(trust, ORDER)
    other = signed(trust, ORDER.model_copy(update={"threshold": 0.7}))
    front.answers_lost = True
    with pytest.raises(Transient):
        await front.desk.order(first, [camera()])
    front.answers_lost = False
    with pytest.raises(Conflict, match="may have reached the services"):
        await front.desk.order(other, [camera()])
    assert await front.desk.order(first, [camera()]) == NAME
    assert [ordered for ordered, _, _ in front.published] == [first, first]


async def test_what_is_heard_while_another_is_published_stays_the_last_on_the_topic(
    front: Front, trust: LocalTrust, ordered: DeploymentOrdered
) -> None:
    front.answers.clear()
    front.given.clear()
    handing_in = asyncio.create_task(hand_in(front, withdrawn(trust, ordered.order, "s0")))
    await front.given.wait()
    ended = signed(trust, ORDER, status=OrderStatus.ENDED, serial=9)
    front.desk.hear_order(ended)
    front.answers.set()
    with pytest.raises(Refused):
        await handing_in
    assert front.published[-1] == (ended, NAME, [])
    assert in_force(front) == ended.state
