"""Signing a browser in on an alert service that this command didn't start."""

from lethe.cli.identity.page_link import PageLink
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address


async def page_address(alert_url: str, token: str) -> str:
    """Return the page's address with a code that gives one browser a token.

    Raises
    ------
    InvalidInput
        If alert refuses the token.
    StackFailed
        If it doesn't answer.
    """
    address = checked_address(alert_url).rstrip("/")
    async with AlertApi(address, lambda: token) as api:
        return await PageLink(api, address, lambda: token).issue()
