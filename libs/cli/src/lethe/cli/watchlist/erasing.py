"""What `lethe watchlist erase` does: have alert erase a watchlist at once."""

from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.watchlist.api import WatchlistApi


async def erase_watchlist(alert_url: str, watchlist_id: str, trust: Path) -> None:
    """Erase a watchlist.

    Raises
    ------
    InvalidInput
        If there is none, one deployment searches it, or the token doesn't allow it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await WatchlistApi(api, watchlist_id).erase()
