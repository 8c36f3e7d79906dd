"""Orders that were signed before they could say more hold as they were signed."""

import msgpack
import pytest
from tests.support.clocks import WALL_US
from tests.support.forgetting import an_order, signer_of

from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, OrderStatus, OrderType
from lethe.shredding.authorising import DRAFT_CONTEXT, ORDER_CONTEXT, sign_state
from lethe.shredding.orders import OrderBook
from lethe.shredding.signing import signed_by
from lethe.shredding.trust import LocalTrust

DRAFT = an_order(
    type=OrderType.OPERATIONAL,
    authorised_by="",
    zone="the north gate",
    false_alert_budget=5,
    camera_hashes=dict.fromkeys(an_order().camera_ids, "ab" * 32),
)


def encoded(order: DeploymentOrder, *, knows_of_sightings: bool) -> bytes:
    """Return an order as this version encodes it, or as one did that has no word for sightings."""
    return order.encode(exclude=None if knows_of_sightings else {"keeps_sightings"})


def ordered(
    trust: LocalTrust, draft: DeploymentOrder, *, drafter_knows: bool, officer_knows: bool
) -> DeploymentOrdered:
    drafter, officer = signer_of(trust, "drafter"), signer_of(trust, "officer")
    drafted = signed_by(drafter, DRAFT_CONTEXT, encoded(draft, knows_of_sightings=drafter_knows))
    payload = encoded(draft.authorised("officer", drafted), knows_of_sightings=officer_knows)
    signed = signed_by(officer, ORDER_CONTEXT, payload)
    return sign_state(signed, officer, status=OrderStatus.RUNNING, serial=1)


@pytest.mark.parametrize("drafter_knows", [False, True])
@pytest.mark.parametrize("officer_knows", [False, True])
def test_an_order_that_says_nothing_of_sightings_holds_whoever_signed_it(
    trust: LocalTrust, *, drafter_knows: bool, officer_knows: bool
) -> None:
    told = ordered(trust, DRAFT, drafter_knows=drafter_knows, officer_knows=officer_knows)
    assert ("keeps_sightings" in msgpack.unpackb(told.order.payload)) == officer_knows
    held = OrderBook(trust.roster(), allow_local=False).hear(told, WALL_US)
    assert not held.order.keeps_sightings


def test_nobody_adds_it_to_what_was_drafted_or_loses_it(trust: LocalTrust) -> None:
    keeps = DRAFT.model_copy(update={"keeps_sightings": True})
    book = OrderBook(trust.roster(), allow_local=False)
    held = book.hear(ordered(trust, keeps, drafter_knows=True, officer_knows=True), WALL_US)
    assert held.order.keeps_sightings
    for drafter_knows in (False, True):
        told = ordered(trust, keeps, drafter_knows=drafter_knows, officer_knows=not drafter_knows)
        with pytest.raises(Refused, match="isn't what was drafted"):
            OrderBook(trust.roster(), allow_local=False).hear(told, WALL_US)
