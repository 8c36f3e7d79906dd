"""How running deployments stand, and resuming one that was suspended."""

from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi, SignedDeployment, SystemStatus
from lethe.cli.session.deploying import checked_address
from lethe.cli.session.signed_state import signed_state
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import OrderStatus
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
        If the signature isn't accepted, or what was signed before doesn't hold.
    """
    signed = signed_state(found, trust)
    ordered = sign_state(
        signed.envelope,
        key,
        status=OrderStatus.RUNNING,
        serial=signed.state.serial + 1,
        lifts=suspension_id,
        withdrawn=signed.state.withdrawn,
    )
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await api.deploy(ordered, [])
