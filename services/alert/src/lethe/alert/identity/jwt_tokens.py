"""Bearer tokens as signed JSON Web Tokens (RFC 7519, RFC 8725)."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import jwt

from lethe.alert.errors import NotSignedIn
from lethe.alert.identity.claims import AREAS, DEPLOYMENTS, EVERYTHING, MOST_TOKEN, ROLES, SKEW_S
from lethe.alert.identity.issuer import KeySet
from lethe.alert.identity.issuer_keys import IssuerKeys
from lethe.alert.identity.principal import Principal, Role
from lethe.contracts.errors import Transient

ALGORITHMS = frozenset(
    {"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
)
"""None whose key could be mistaken for a secret, and not `none`."""
_TIMES = ("exp", "iat")
_MOST_NAMED = 1_000
_MOST_NAME = 100
_MOST_KNOWN = 4_000
"""Tokens whose signature isn't checked with every request: twice as many as may listen at once."""
_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token must say.

    Attributes
    ----------
    life_s
        The longest that one may count.
    """

    issuer: str
    audience: str
    life_s: int


class JwtVerifier:
    """Implements `TokenVerifier`.

    Parameters
    ----------
    fetch
        Returns the issuer's key set.
    now_s
        The wall clock, in seconds since 1970.
    steady_s
        A clock that isn't stepped.
    """

    def __init__(
        self,
        rules: Rules,
        fetch: Callable[[], Awaitable[KeySet]],
        now_s: Callable[[], float],
        steady_s: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._now_s = now_s

        async def keys() -> Mapping[str | None, jwt.PyJWK]:
            return _usable(await fetch())

        self._keys = IssuerKeys(keys, steady_s)
        # By the hash of the token, so that none lies here: what it says, and what it was signed
        # with. An issuer's keys are other objects whenever they are fetched.
        self._claimed: dict[bytes, tuple[jwt.PyJWK, Mapping[str, object]]] = {}

    async def verify(self, token: str) -> Principal:
        """Return whom a token speaks for; see `TokenVerifier`."""
        if not token.isascii() or len(token) > MOST_TOKEN:
            raise NotSignedIn(f"a token has at most {MOST_TOKEN} characters")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise NotSignedIn("this is no token") from None
        if header.get("alg") not in ALGORITHMS:
            raise NotSignedIn("the token is signed with an algorithm that isn't accepted")
        key = await self._keys.find(header.get("kid"))
        return self._principal(self._known_claims(token, key))

    def _known_claims(self, token: str, key: jwt.PyJWK) -> Mapping[str, object]:
        """Return what a token says; its signature is checked once for each key of the issuer."""
        name = sha256(token.encode()).digest()
        known = self._claimed.get(name)
        if known is not None and known[0] is key:
            return known[1]
        claims = self._claims(token, key)
        self._claimed[name] = key, claims
        if len(self._claimed) > _MOST_KNOWN:
            del self._claimed[next(iter(self._claimed))]
        return claims

    def _claims(self, token: str, key: jwt.PyJWK) -> Mapping[str, object]:
        try:
            # The key says how it signs: a token can't choose another algorithm for it.
            claims: Mapping[str, object] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                # Times are checked below, by this service's own clock.
                options={
                    "require": ["exp", "iat", "aud", "iss", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidAudienceError:
            raise NotSignedIn("the token is for another audience") from None
        except jwt.InvalidIssuerError:
            raise NotSignedIn("the token is from another issuer") from None
        except jwt.MissingRequiredClaimError as error:
            raise NotSignedIn(f"the token doesn't say {error.claim}") from None
        except jwt.PyJWTError:
            raise NotSignedIn("the token's signature doesn't hold") from None
        return claims

    def _principal(self, claims: Mapping[str, object]) -> Principal:
        expires_s = self._require_time(claims)
        subject = claims["sub"]
        if not _is_name(subject):
            raise NotSignedIn("the token's subject isn't a name")
        name = claims.get("name") or claims.get("preferred_username")
        named = (_ROLES.get(each) for each in _names(claims, ROLES))
        return Principal(
            subject=str(subject),
            name=str(name) if _is_name(name) else str(subject),
            roles=frozenset(role for role in named if role is not None),
            deployments=_limit(claims, DEPLOYMENTS),
            areas=_limit(claims, AREAS),
            expires_s=expires_s,
        )

    def _require_time(self, claims: Mapping[str, object]) -> float:
        """Return when a token ends, after checking that it counts now and not for too long."""
        times = [_number(claims, name) for name in (*_TIMES, "nbf") if name in claims]
        expires_s, issued_s = times[:2]
        if expires_s - issued_s > self._rules.life_s:
            raise NotSignedIn(f"the token counts for longer than {self._rules.life_s} s")
        now_s = self._now_s()
        if any(begins_s > now_s + SKEW_S for begins_s in times[1:]):
            raise NotSignedIn("the token doesn't count yet; check the clocks")
        if expires_s + SKEW_S <= now_s:
            raise NotSignedIn("the token has expired; sign in again")
        return expires_s + SKEW_S


def _usable(key_set: KeySet) -> Mapping[str | None, jwt.PyJWK]:
    """Return the keys that sign; one without an id is for tokens that name none."""
    try:
        keys = jwt.PyJWKSet.from_dict(dict(key_set)).keys
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, KeyError):
        raise Transient("the issuer's answer holds no usable key") from None
    signing = [key for key in keys if key.public_key_use in {None, "sig"}]
    return {key.key_id: key for key in signing if key.algorithm_name in ALGORITHMS}


def _number(claims: Mapping[str, object], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise NotSignedIn(f"the token's {name} isn't a time")
    return value


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _MOST_NAME and value.isprintable()


def _names(claims: Mapping[str, object], claim: str) -> list[str]:
    value = claims.get(claim, [])
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or len(listed) > _MOST_NAMED:
        raise NotSignedIn(f"the token's {claim} isn't a list of names")
    return [each for each in listed if isinstance(each, str)]


def _limit(claims: Mapping[str, object], claim: str) -> frozenset[str] | None:
    names = frozenset(_names(claims, claim))
    return None if EVERYTHING in names else names
