"""Alert tells how orders stand, ends them, and tells when it is blind."""

import pytest
from tests.support.clocks import WALL_US
from tests.support.forgetting import (
    drafted,
    resumed,
    signed,
    signer_of,
)
from tests.unit.alert.deploying.conftest import ORDER, Front, camera

from lethe.alert.errors import NotFound
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import (
    OrderState,
    OrderStatus,
)
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.shredding.authorising import authorise
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

LISTS = {ORDER.watchlist_id: ORDER.watchlist_hash}


async def test_before_its_window_an_order_is_authorised(front: Front, trust: LocalTrust) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.clock.step_wall(-2 * 3_600_000)
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "authorised"


async def test_an_order_is_over_when_it_ended_or_its_time_is_up(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.clock.step_wall(2 * 3_600_000)
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "over"
    front.clock.step_wall(-2 * 3_600_000)
    front.desk.hear_order(signed(trust, ORDER, status=OrderStatus.ENDED, serial=2))
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "over"
    with pytest.raises(Refused):
        front.desk.hear_order(signed(trust, ORDER))


async def test_whoever_is_on_duty_ends_an_order_and_no_officer_revives_it(
    front: Front, trust: LocalTrust
) -> None:
    await front.desk.order(signed(trust, ORDER), [camera()])
    assert await front.desk.end(ORDER.deployment_id, "olga")
    ended, deployment_id, _ = front.published[-1]
    assert (deployment_id, OrderState.decode(ended.state.payload).ended_by) == (
        ORDER.deployment_id,
        "olga",
    )
    elsewhere = OrderBook(trust.roster())
    elsewhere.hear(signed(trust, ORDER), WALL_US)
    elsewhere.hear(ended, WALL_US)
    assert elsewhere.live_orders(WALL_US) == []
    for serial in (2, WALL_US * 2):
        with pytest.raises(Refused):
            elsewhere.hear(signed(trust, ORDER, serial=serial), WALL_US)
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "over"
    assert not await front.desk.end(ORDER.deployment_id, "again")
    assert len(front.published) == 2


async def test_purge_is_told_of_false_alerts_of_orders_that_have_a_budget(
    front: Front, trust: LocalTrust
) -> None:
    counts = {"fair": 2, ORDER.deployment_id: 7, "unknown": 1}
    assert front.desk.budgeted(counts) == {}
    front.desk.hear_order(signed(trust, ORDER))
    draft = drafted(trust, deployment_id="fair")
    front.desk.hear_order(authorise(draft, signer_of(trust, "officer")))
    assert front.desk.budgeted(counts) == {"fair": 2}
    assert front.desk.budgeted({}) == {"fair": 0}
    await front.desk.end("fair", "olga")
    assert front.desk.budgeted(counts) == {}


async def test_an_order_goes_on_when_nobody_can_be_told_of_its_end(
    front: Front, trust: LocalTrust
) -> None:
    with pytest.raises(NotFound):
        await front.desk.end(ORDER.deployment_id, "olga")
    await front.desk.order(signed(trust, ORDER), [camera()])
    front.broker_away = True
    with pytest.raises(Transient):
        await front.desk.end(ORDER.deployment_id, "olga")
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "running"


async def test_it_is_blind_while_nobody_holds_the_ordered_watchlist(
    front: Front, trust: LocalTrust
) -> None:
    assert await front.blind() is None, "nothing is ordered"
    front.desk.hear_order(signed(trust, ORDER))
    assert await front.blind() is not None, "no match was heard"
    assert front.hear({ORDER.watchlist_id: "cd" * 32}) == [ORDER.watchlist_id]
    assert await front.blind() is not None, "match holds another list"
    assert front.hear({}) == [ORDER.watchlist_id]
    assert front.hear(LISTS) == []
    assert await front.blind() is None


async def test_a_match_that_falls_silent_or_leaves_makes_it_blind(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.hear(LISTS)
    front.clock.time.advance_ms(1_999)
    assert await front.blind() is None
    front.clock.time.advance_ms(1)
    blind = await front.blind()
    assert blind is not None
    assert ORDER.deployment_id in blind
    front.hear(LISTS)
    assert await front.blind() is None
    assert front.hear({}, leaving=True) == []
    assert await front.blind() is not None


async def test_after_its_end_an_order_needs_nobody(front: Front, trust: LocalTrust) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.desk.hear_order(signed(trust, ORDER, status=OrderStatus.ENDED, serial=2))
    assert await front.blind() is None
    assert front.hear({}) == []
    assert front.clock.wall_us() == WALL_US


async def test_a_suspended_deployment_says_why_until_it_is_lifted(trust: LocalTrust) -> None:
    front = Front(trust)
    await front.desk.order(signed(trust, ORDER), [])
    said = DeploymentSuspended(
        suspension_id="s-1",
        deployment_id=ORDER.deployment_id,
        ground=SuspensionGround.AGE_OVER_BUDGET,
        slot="term-1",
        at=front.clock.now(),
    )
    front.desk.hear_suspension(said)
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "suspended"
    assert stands.suspended is not None
    assert stands.suspended.reason == said.ground.sentence
    found = front.desk.deployment(ORDER.deployment_id)
    assert found is not None
    lifted = resumed(trust, found.signed, lifts="s-1", serial=found.serial + 1)
    await front.desk.order(lifted, [])
    [stands] = (await front.desk.status()).deployments
    assert (stands.status, stands.suspended) == ("running", None)
    assert front.desk.deployment("another") is None
