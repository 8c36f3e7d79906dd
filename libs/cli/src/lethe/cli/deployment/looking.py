"""What `lethe deployment list` and `show` do: tell how deployments stand and what was ordered."""

import time
from collections.abc import Iterator
from pathlib import Path

from lethe.cli.deployment.authorising import lines_of_order
from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi, DeploymentRecord, SignedDeployment
from lethe.cli.session.deploying import checked_address, load_trust
from lethe.cli.session.signed_state import signed_state
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.orders import DeploymentOrder, OrderType
from lethe.contracts.sealed import SignedEnvelope
from lethe.receipts.words import many
from lethe.shredding.authorising import ORDER_CONTEXT, check_draft
from lethe.shredding.roster import OFFICER_ROLE, Roster


async def list_deployments(alert_url: str, trust: Path) -> list[str]:
    """Return a line for each deployment that the caller may see."""
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        status = await api.status()
    return [_line(each) for each in status.deployments] or ["there are no deployments"]


async def show_deployment(alert_url: str, deployment_id: str, trust: Path) -> list[str]:
    """Return how a deployment stands and what its order says, with whether its signatures hold.

    Raises
    ------
    InvalidInput
        If alert hasn't heard of it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        found = await api.deployment(deployment_id)
    signed = SignedEnvelope.decode(found.order)
    order = DeploymentOrder.decode(signed.payload)
    roster = load_trust(trust).roster()
    return [
        _standing(found),
        *_lines_of_another(deployment_id, order),
        *lines_of_order(order),
        *_lines_of_signers(signed, order, roster),
        *_lines_of_withdrawn(found, order, trust),
        *_lines_of_cameras(order),
    ]


def _line(deployment: DeploymentRecord) -> str:
    return (
        f"{_standing(deployment)}; {deployment.order_type}, "
        f"{deployment.watchlist_size:,} subjects, threshold {deployment.threshold:g}"
    )


def _standing(deployment: DeploymentRecord) -> str:
    """Return what alert alone knows: all else is in the order, which is signed."""
    told = f"{deployment.deployment_id}: {deployment.status}"
    return f"{told}, {deployment.suspended.reason}" if deployment.suspended else told


def _lines_of_another(deployment_id: str, order: DeploymentOrder) -> Iterator[str]:
    if order.deployment_id != deployment_id:
        yield f"WARNING, alert answered with the order of another: {order.deployment_id}"


def _lines_of_signers(
    signed: SignedEnvelope, order: DeploymentOrder, roster: Roster
) -> Iterator[str]:
    if order.draft is not None:
        yield f"drafted by: {order.draft.signer}"
    yield f"authorised by: {signed.signer}"
    now_us = time.time_ns() // 1000
    try:
        officer = roster.check(signed, ORDER_CONTEXT, (OFFICER_ROLE,), now_us)
        if order.type is OrderType.OPERATIONAL:
            check_draft(order, officer, roster, now_us)
    except Refused as refused:
        yield f"WARNING, by this machine's roster of today it doesn't hold: {refused}"
    else:
        yield "its signatures hold by this machine's roster"


def _lines_of_withdrawn(
    found: SignedDeployment, order: DeploymentOrder, trust: Path
) -> Iterator[str]:
    try:
        withdrawn = len(signed_state(found, trust).state.withdrawn)
    except InvalidInput as fault:
        yield f"WARNING, how far it has come can't be told: {fault}"
    else:
        if withdrawn:
            yield f"withdrawn: {many(withdrawn, 'subject')} of {order.watchlist_size:,}"


def _lines_of_cameras(order: DeploymentOrder) -> Iterator[str]:
    for camera_id in order.camera_ids:
        settings = (order.camera_hashes or {}).get(camera_id)
        yield f"camera {camera_id}: settings {settings[:16] if settings else 'left open'}"
