"""How far an order has come, as it was signed: the next state goes on from there."""

import time
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.session.api import SignedDeployment
from lethe.cli.session.deploying import load_trust
from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, OrderState
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.orders import OrderBook


@dataclass(frozen=True, slots=True)
class Signed:
    """An order and its newest state, whose signatures hold.

    Attributes
    ----------
    envelope
        Of the order.
    """

    envelope: SignedEnvelope
    order: DeploymentOrder
    state: OrderState


def signed_state(found: SignedDeployment, trust: Path) -> Signed:
    """Return what was signed: whoever signs the next state takes nothing of it on alert's word.

    Raises
    ------
    InvalidInput
        If it doesn't hold by this machine's roster, or is of another deployment.
    """
    try:
        envelope, state = SignedEnvelope.decode(found.order), SignedEnvelope.decode(found.state)
        ordered = DeploymentOrdered(order=envelope, state=state)
        held = OrderBook(load_trust(trust).roster()).hear(ordered, time.time_ns() // 1000)
    except InvalidMessage:
        raise InvalidInput("alert answered with something that is no order") from None
    except Refused as refused:
        raise InvalidInput(f"by this machine's roster it doesn't hold: {refused}") from None
    if held.order.deployment_id != found.deployment_id:
        raise InvalidInput(f"alert answered with another order: {held.order.deployment_id}")
    return Signed(envelope, held.order, OrderState.decode(state.payload))
