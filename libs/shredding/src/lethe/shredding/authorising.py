"""Signing orders: one person drafts, an officer authorises, officers tell how they stand."""

from collections.abc import Collection

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Refused
from lethe.contracts.orders import (
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    order_hash,
)
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.roster import DRAFTER_ROLE, OFFICER_ROLE, Roster, RosterEntry
from lethe.shredding.signing import SigningKey, signed_by

DRAFT_CONTEXT = "lethe order draft"
ORDER_CONTEXT = "lethe order"
STATE_CONTEXT = "lethe order state"


def sign_draft(draft: DeploymentOrder, key: SigningKey) -> SignedEnvelope:
    """Sign an order that somebody else is to authorise; `authorised_by` is empty in it."""
    return signed_by(key, DRAFT_CONTEXT, draft.encode())


def authorise(draft: SignedEnvelope, key: SigningKey) -> DeploymentOrdered:
    """Sign the order that was drafted, and that it is in force within its window.

    Raises
    ------
    InvalidMessage
        If it is no draft.
    """
    order = DeploymentOrder.decode(draft.payload).authorised(key.name, draft)
    return sign_order(order, key)


def sign_order(
    order: DeploymentOrder,
    key: SigningKey,
    *,
    status: OrderStatus = OrderStatus.RUNNING,
    serial: int = 1,
) -> DeploymentOrdered:
    """Sign an order and its state with an officer's key.

    Parameters
    ----------
    serial
        Must be above the serial of every state signed before for this deployment.
    """
    signed = signed_by(key, ORDER_CONTEXT, order.encode())
    return sign_state(signed, key, status=status, serial=serial)


def sign_state(
    signed: SignedEnvelope,
    key: SigningKey,
    *,
    status: OrderStatus,
    serial: int,
    lifts: str | None = None,
    ended_by: str | None = None,
    withdrawn: Collection[str] = (),
) -> DeploymentOrdered:
    """Sign the next state of an order that stays as it was signed.

    Parameters
    ----------
    serial
        Above that of every state signed before for this deployment.
    lifts
        The suspension that is lifted, and no other.
    ended_by
        Who had it ended, where a service signs that.
    withdrawn
        All subjects who are withdrawn from now on, those of before among them.

    Raises
    ------
    InvalidMessage
        If it isn't an order.
    """
    state = OrderState(
        deployment_id=DeploymentOrder.decode(signed.payload).deployment_id,
        order_hash=order_hash(signed.payload),
        status=status,
        serial=serial,
        lifts=lifts,
        ended_by=ended_by,
        withdrawn=sorted(withdrawn),
    )
    return DeploymentOrdered(order=signed, state=signed_by(key, STATE_CONTEXT, state.encode()))


def require_drafter(draft: SignedEnvelope, roster: Roster, wall_us: int) -> RosterEntry:
    """Return who signed a draft; raises `Refused` unless they are on the roster and may draft."""
    return roster.check(draft, DRAFT_CONTEXT, (DRAFTER_ROLE, OFFICER_ROLE), wall_us)


def check_draft(
    order: DeploymentOrder, officer: RosterEntry, roster: Roster, wall_us: int
) -> RosterEntry:
    """Return who drafted an operational order: somebody other than the officer who signed it.

    Whoever can write a name into an order can't sign as them: both signatures are on the roster.

    Raises
    ------
    Refused
        If nobody drafted it, the officer did, or the draft says anything else than the order.
    """
    name = f"order {order.deployment_id}"
    if order.draft is None:
        raise Refused(f"{name}: nobody has drafted it")
    drafter = require_drafter(order.draft, roster, wall_us)
    if drafter.name == officer.name or drafter.public_key == officer.public_key:
        raise Refused(f"{name}: authorised by who drafted it; another officer must")
    try:
        draft = DeploymentOrder.decode(order.draft.payload)
    except InvalidMessage:
        raise Refused(f"{name}: its draft doesn't fit the contract of an order") from None
    if draft.authorised_by or draft.authorised(order.authorised_by, order.draft) != order:
        raise Refused(f"{name}: it isn't what was drafted")
    return drafter
