"""What `lethe deployment erase` does: have alert erase the watchlist of a deployment at once."""

from pathlib import Path
from urllib.parse import quote

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address


async def erase_deployment(alert_url: str, deployment_id: str, trust: Path) -> None:
    """Erase what a deployment searched.

    Raises
    ------
    InvalidInput
        If there is none, it isn't over, another is to search the list, or the token doesn't allow
        it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await api.ask("POST", f"/api/v1/deployments/{quote(deployment_id, safe='')}/erasure")
