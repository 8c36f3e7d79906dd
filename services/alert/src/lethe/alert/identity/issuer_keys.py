"""The keys of the issuer: kept for a while, and fetched again when a token names another."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

import structlog

from lethe.alert.errors import NotSignedIn
from lethe.contracts.errors import Transient

EARLY_S = 150.0
"""Keys that are older are fetched again, while the ones at hand still count."""
FRESH_S = 300.0
"""A key that the issuer withdraws counts for at most this much longer."""
REFETCH_S = 30.0
"""Tokens that name unknown keys make this machine ask its issuer at most so often."""
KEPT_S = 86_400.0
"""While the issuer can't be reached, its last keys count for so long."""

_log = structlog.get_logger()
Key = TypeVar("Key")
Fetch = Callable[[], Awaitable[Mapping[str | None, Key]]]


class IssuerKeys(Generic[Key]):
    """Finds keys by their id.

    Parameters
    ----------
    fetch
        Returns the issuer's keys by their ids; raises `Transient` if it can't.
    now_s
        A clock that isn't stepped.
    """

    def __init__(self, fetch: Fetch[Key], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._keys: Mapping[str | None, Key] = {}
        self._fetched_s = self._tried_s = self._failed_s = -math.inf
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, key_id: str | None) -> Key:
        """Return a key.

        Raises
        ------
        NotSignedIn
            If the issuer has none of this id.
        Transient
            If it can't be asked, and its last keys are too old.
        """
        await self._have(key_id)
        if self._now_s() - self._fetched_s >= KEPT_S:
            raise Transient("the keys of the tokens' issuer can't be fetched; try again")
        if key_id not in self._keys:
            raise NotSignedIn("the token is signed with a key that its issuer doesn't have")
        return self._keys[key_id]

    async def _have(self, key_id: str | None) -> None:
        """Fetch the keys if it is time; wait for them only where those at hand don't do."""
        now_s = self._now_s()
        age_s, is_known = now_s - self._fetched_s, key_id in self._keys
        if (
            (age_s >= EARLY_S or not is_known)
            and self._refreshing is None
            and now_s - self._tried_s >= REFETCH_S
        ):
            self._tried_s = now_s
            self._refreshing = asyncio.create_task(self._refresh())
        # An issuer that didn't answer just now holds up nobody whose key is known.
        is_old = age_s >= FRESH_S and now_s - self._failed_s >= FRESH_S
        if self._refreshing is not None and (is_old or not is_known):
            await asyncio.shield(self._refreshing)

    async def _refresh(self) -> None:
        try:
            self._keys = await self._fetch()
        except Transient as error:
            self._failed_s = self._now_s()
            _log.warning("the keys of the issuer can't be fetched", error=str(error))
        else:
            self._fetched_s = self._now_s()
        finally:
            self._refreshing = None
