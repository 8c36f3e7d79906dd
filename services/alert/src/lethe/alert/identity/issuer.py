"""Where the issuer's keys come from: OpenID Connect discovery, or a file."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from lethe.contracts.errors import InvalidInput, Transient

_TIMEOUT_S = 5
_MOST_BYTES = 262_144
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

KeySet = Mapping[str, object]


class _Stay(HTTPRedirectHandler):
    """Keys that are fetched from elsewhere aren't those of the issuer that was named."""

    def redirect_request(self, *_: object) -> None:
        return None


def require_issuer_address(address: str) -> None:
    """Check that an issuer's keys can be fetched so that nobody in between can change them.

    Raises
    ------
    InvalidInput
        If it isn't an https address, or one of this machine.
    """
    parts = urlsplit(address)
    is_ours = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.scheme == "https" and parts.hostname) and not is_ours:
        raise InvalidInput("the issuer of tokens is named by its https address")


def keys_of(issuer: str) -> Callable[[], Awaitable[KeySet]]:
    """Return how to fetch an issuer's JSON Web Key Set, by way of its discovery document."""

    def fetch() -> KeySet:
        document = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        address = document.get("jwks_uri")
        if document.get("issuer") != issuer or not isinstance(address, str):
            raise Transient("the issuer's discovery document is of another issuer")
        try:
            require_issuer_address(address)
        except InvalidInput:
            raise Transient("the issuer's keys aren't at an https address") from None
        return _get(address)

    return lambda: asyncio.to_thread(fetch)


def keys_in(file: Path) -> Callable[[], Awaitable[KeySet]]:
    """Return how to read a JSON Web Key Set from a file."""

    def read() -> KeySet:
        try:
            return _parsed(file.read_bytes())
        except OSError as error:
            raise Transient(f"{file}: {error.strerror}") from None

    return lambda: asyncio.to_thread(read)


def _get(address: str) -> KeySet:
    try:
        with build_opener(_Stay).open(address, timeout=_TIMEOUT_S) as answer:
            return _parsed(answer.read(_MOST_BYTES + 1))
    except (URLError, OSError, HTTPException, ValueError) as error:
        raise Transient(f"the issuer doesn't answer ({type(error).__name__})") from None


def _parsed(content: bytes) -> KeySet:
    try:
        found = json.loads(content) if len(content) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Transient("the issuer's answer is no JSON object")
    return found
