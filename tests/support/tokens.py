"""Tokens for tests: keys of issuers, and claims that hold unless a test changes them."""

import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.alert.identity.claims import AUDIENCE, LOCAL_ISSUER
from lethe.alert.identity.jwt_tokens import JwtVerifier, Rules
from lethe.alert.identity.principal import Role
from lethe.shredding.token_keys import public_jwk

LIFE_S = 3_600
EVERY_ROLE = tuple(Role)


class Issuer:
    """Signs tokens with a key of its own, and publishes the public half."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.fetched = 0

    async def keys(self) -> Mapping[str, object]:
        self.fetched += 1
        return {"keys": [public_jwk(self.key)]}

    def verifier(self) -> JwtVerifier:
        rules = Rules(LOCAL_ISSUER, AUDIENCE, LIFE_S)
        return JwtVerifier(rules, self.keys, time.time, time.monotonic)

    def token(self, *roles: Role, **changed: Any) -> str:
        """Return a token; a claim that is changed to None is left out."""
        headers = {"kid": public_jwk(self.key)["kid"]}
        return jwt.encode(claims(*roles, **changed), self.key, algorithm="EdDSA", headers=headers)


def claims(*roles: Role, **changed: Any) -> dict[str, Any]:
    now_s = int(time.time())
    said: dict[str, Any] = {
        "iss": LOCAL_ISSUER,
        "aud": AUDIENCE,
        "sub": "Ames",
        "iat": now_s,
        "exp": now_s + 600,
        "roles": [role.value for role in roles or EVERY_ROLE],
        "deployments": ["*"],
        "areas": ["*"],
    }
    return {name: value for name, value in (said | changed).items() if value is not None}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
