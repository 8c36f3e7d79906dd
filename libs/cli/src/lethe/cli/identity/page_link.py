"""The address of the alert page, with a code that signs one browser in."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from lethe.cli.session.api import AlertApi
from lethe.contracts.errors import LetheError

_REFRESH_S = 60.0


class PageLink:
    """Keeps an address at hand whose code wasn't used yet, or was within the last minute.

    The code stands behind a `#`: a browser sends nothing of that to a server.

    Parameters
    ----------
    tokens
        Returns the token that the browser gets.
    """

    def __init__(self, api: AlertApi, url: str, tokens: Callable[[], str]) -> None:
        self._api = api
        self._url = url
        self._tokens = tokens
        self._refreshed_s = 0.0
        self.address = url

    async def issue(self) -> str:
        """Return the address with a fresh code.

        Raises
        ------
        LetheError
            If alert gives none.
        """
        code = await self._api.sign_in_code(self._tokens())
        self._refreshed_s = asyncio.get_running_loop().time()
        self.address = f"{self._url}/#sign-in={code}"
        return self.address

    async def refresh(self) -> None:
        """Put a fresh code into the address once a minute; the last stays while alert is away."""
        if asyncio.get_running_loop().time() - self._refreshed_s >= _REFRESH_S:
            with suppress(LetheError):
                await self.issue()
