"""Tokens of this machine, signed with the key that `lethe setup` made."""

import getpass
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jwt

from lethe.alert.identity.claims import (
    AREAS,
    AUDIENCE,
    DEPLOYMENTS,
    EVERYTHING,
    LOCAL_ISSUER,
    MOST_LIFE_S,
    ROLES,
)
from lethe.alert.identity.principal import Role
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.token_keys import TOKEN_NAME, public_jwk

TOKEN_VARIABLE = "LETHE_TOKEN"  # noqa: S105 - the name of a variable
COMMAND_LIFE_S = 3_600
PAGE_ROLES = (Role.OPERATOR, Role.ENGAGEMENT_OFFICER, Role.SUPERVISOR)
_COMMAND_ROLES = (Role.SUPERVISOR, Role.AUTHORISING_OFFICER)
_SPARE_S = 300


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says.

    Attributes
    ----------
    deployments, areas
        What it is limited to; `*` stands for all there are.
    """

    subject: str
    roles: tuple[Role, ...]
    deployments: tuple[str, ...] = (EVERYTHING,)
    areas: tuple[str, ...] = (EVERYTHING,)
    life_s: int = COMMAND_LIFE_S


def this_user() -> str:
    """Return the name of who runs this command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user needs no name.
        return f"user-{os.getuid()}"


def mint(grant: Grant, trust: Path) -> str:
    """Return a token that counts from now on.

    Parameters
    ----------
    trust
        Folder of the local trust.

    Raises
    ------
    InvalidInput
        If there is no key in it.
    """
    private_key = read_private_key(trust / "keys" / f"{TOKEN_NAME}.key")
    now_s = int(time.time())
    claims = {
        "iss": LOCAL_ISSUER,
        "aud": AUDIENCE,
        "sub": grant.subject,
        "iat": now_s,
        "exp": now_s + grant.life_s,
        ROLES: [role.value for role in grant.roles],
        DEPLOYMENTS: list(grant.deployments),
        AREAS: list(grant.areas),
    }
    key_id = public_jwk(private_key)["kid"]
    return jwt.encode(claims, private_key, algorithm="EdDSA", headers={"kid": key_id})


class LocalTokens:
    """Returns a token when it is called, a fresh one shortly before the last ends."""

    def __init__(self, grant: Grant, trust: Path) -> None:
        self._grant = grant
        self._trust = trust
        self._token = ""
        self._until_s = 0.0

    def __call__(self) -> str:
        """Return a token."""
        now_s = time.time()
        if not self._until_s - self._grant.life_s <= now_s < self._until_s - _SPARE_S:
            self._token = mint(self._grant, self._trust)
            self._until_s = now_s + self._grant.life_s
        return self._token


def command_tokens(
    trust: Path, *, given: bool = True, roles: tuple[Role, ...] = _COMMAND_ROLES
) -> Callable[[], str]:
    """Return where this command's tokens come from: `LETHE_TOKEN`, else this machine's key.

    Parameters
    ----------
    given
        Whether `LETHE_TOKEN` counts: it doesn't for a stack that trusts this machine's key only.
    roles
        What those that this machine signs allow.

    Raises
    ------
    InvalidInput
        If there is neither.
    """
    if given and (named := os.environ.get(TOKEN_VARIABLE, "").strip()):
        return lambda: named
    tokens = LocalTokens(Grant(this_user(), roles), trust)
    tokens()
    return tokens


def page_tokens(trust: Path) -> Callable[[], str]:
    """Return where the tokens of this machine's page come from: they count for a shift."""
    return lambda: mint(Grant(this_user(), PAGE_ROLES, life_s=MOST_LIFE_S), trust)
