"""How running deployments stand, and resuming one that was suspended."""

from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi, SignedDeployment, SystemStatus
from lethe.cli.session.deploying import checked_address
from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import OrderStatus
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import sign_state
from lethe.shredding.signing import SigningKey


async def system_status(alert_url: str, trust: Path) -> SystemStatus:
    """Return how the system behind an alert service is."""
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        return await api.status()


async def suspended_deployment(alert_url: str, deployment_id: str, trust: Path) -> SignedDeployment:
    """Return a deployment that is suspended.

    Raises
    ------
    InvalidInput
        If there is none of this name, or it isn't.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        found = await api.deployment(deployment_id)
    if found.suspended is None:
        raise InvalidInput(f"{deployment_id} isn't suspended; it is {found.status}")
    return found


async def resume(
    alert_url: str, found: SignedDeployment, suspension_id: str, trust: Path, key: SigningKey
) -> None:
    """Sign, as an officer, that a deployment goes on, and hand it in.

    Parameters
    ----------
    suspension_id
        The suspension that the officer was told of; one that came since isn't lifted.

    Raises
    ------
    InvalidInput
        If the signature isn't accepted.
    """
    try:
        ordered = sign_state(
            SignedEnvelope.decode(found.order),
            key,
            status=OrderStatus.RUNNING,
            serial=found.serial + 1,
            lifts=suspension_id,
        )
    except InvalidMessage:
        raise InvalidInput("alert answered with something that is no order") from None
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await api.deploy(ordered, [])
