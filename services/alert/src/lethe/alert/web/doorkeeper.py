"""Who calls, by what they bring, and how often that may not hold."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection

from lethe.alert.errors import NotSignedIn, TooMany
from lethe.alert.identity.access import Access
from lethe.alert.identity.principal import Principal, TokenVerifier
from lethe.alert.web.rates import Rates

_TOLD = "sign in: send 'Authorization: Bearer TOKEN', or open the link of 'lethe sign-in'"
_TOO_OFTEN = "tokens and codes from your address didn't hold too often; wait a moment"
_OF_ONE = 64
"""Bits of an IPv6 address: whoever has one has all that begin alike."""


def address_of(connection: HTTPConnection) -> str:
    """Return where a connection comes from, as limits by address count it."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            # As a socket that listens on both names them: their first 64 bits are all the same.
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, _OF_ONE), strict=False))
    return str(address)


def usual_failures() -> Rates:
    """Return more than people mistype, or pages whose token has ended ask with it."""
    return Rates(10.0, 200, time.monotonic)


class Doorkeeper:
    """Tells who calls, and whether they may.

    Parameters
    ----------
    failures
        How often what an address brings may not hold. Whatever holds is let through all the same:
        behind one address may be a force's phones.
    """

    def __init__(self, verifier: TokenVerifier, failures: Rates | None = None) -> None:
        self._verifier = verifier
        self._failures = failures or usual_failures()

    async def admit(
        self, token: str | None, access: Access, connection: HTTPConnection
    ) -> Principal:
        """Return who calls.

        Raises
        ------
        NotSignedIn
            If the token doesn't hold, or there is none.
        TooMany
            If it doesn't hold, as too often from their address.
        Refused
            If they may not.
        Transient
            If that can't be told now.
        """
        if not token:
            raise NotSignedIn(_TOLD)
        with self.counting(connection):
            principal = await self._verifier.verify(token)
        access.require(principal)
        return principal

    @contextmanager
    def counting(self, connection: HTTPConnection) -> Iterator[None]:
        """Count what doesn't hold within the block: `TooMany` in place of `NotSignedIn`, then."""
        try:
            yield
        except NotSignedIn:
            if not self._failures.allows(address_of(connection)):
                raise TooMany(_TOO_OFTEN) from None
            raise
