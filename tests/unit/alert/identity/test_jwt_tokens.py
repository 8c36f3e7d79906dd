"""Which tokens hold: signed by the issuer, for this service, now, and not for long."""

import base64
import hmac
import json
import math
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.tokens import LIFE_S, Issuer, claims

from lethe.alert.errors import NotSignedIn
from lethe.alert.identity import jwt_tokens
from lethe.alert.identity.claims import AUDIENCE, LOCAL_ISSUER, SKEW_S
from lethe.alert.identity.issuer_keys import FRESH_S
from lethe.alert.identity.jwt_tokens import JwtVerifier, Rules
from lethe.alert.identity.principal import Role
from lethe.contracts.errors import Transient
from lethe.shredding.token_keys import public_jwk


@pytest.fixture(name="issuer")
def issuer_() -> Issuer:
    return Issuer()


async def refusal(issuer: Issuer, token: str) -> str:
    with pytest.raises(NotSignedIn) as refused:
        await issuer.verifier().verify(token)
    assert token not in str(refused.value)
    return str(refused.value)


async def test_a_token_tells_who_calls_with_which_roles_and_limits(issuer: Issuer) -> None:
    token = issuer.token(
        Role.OPERATOR, Role.AUDITOR, name="Ann Ames", sub="u-7", areas=["north"], deployments="d-1"
    )
    principal = await issuer.verifier().verify(token)
    assert (principal.subject, principal.label) == ("u-7", "Ann Ames (u-7)")
    assert principal.roles == {Role.OPERATOR, Role.AUDITOR}
    assert principal.deployments == frozenset({"d-1"})
    assert principal.areas == frozenset({"north"})


async def test_a_star_stands_for_all_and_no_claim_for_none(issuer: Issuer) -> None:
    principal = await issuer.verifier().verify(issuer.token(areas=["*"], deployments=None))
    assert (principal.deployments, principal.areas) == (frozenset(), None)


async def test_roles_that_are_not_known_are_none(issuer: Issuer) -> None:
    token = issuer.token(roles=["root", "Operator", 7])
    assert (await issuer.verifier().verify(token)).roles == frozenset()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"aud": "somebody-else"}, "another audience"),
        ({"aud": None}, "doesn't say aud"),
        ({"iss": "https://issuer.example"}, "another issuer"),
        ({"iss": None}, "doesn't say iss"),
        ({"exp": None}, "doesn't say exp"),
        ({"iat": None}, "doesn't say iat"),
        ({"sub": None}, "doesn't say sub"),
        ({"sub": ""}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"exp": math.nan}, "isn't a time"),
        ({"exp": "soon"}, "isn't a time"),
        ({"iat": True}, "isn't a time"),
        ({"roles": {"operator": True}}, "isn't a list"),
        ({"pad": "x" * 4_000}, "at most"),
    ],
)
async def test_what_a_token_says_must_hold(
    issuer: Issuer, changed: dict[str, Any], told: str
) -> None:
    assert told in await refusal(issuer, issuer.token(**changed))


@pytest.mark.parametrize(
    ("times_s", "told"),
    [
        ({"exp": -SKEW_S - 5, "iat": -600}, "expired"),
        ({"exp": LIFE_S + 60, "iat": 0}, "longer than"),
        ({"exp": 900, "iat": SKEW_S + 600}, "doesn't count yet"),
        ({"exp": 900, "nbf": SKEW_S + 600}, "doesn't count yet"),
    ],
)
async def test_a_token_counts_in_its_time_and_for_no_longer_than_is_allowed(
    issuer: Issuer, times_s: dict[str, int], told: str
) -> None:
    now_s = int(time.time())
    token = issuer.token(**{name: now_s + after_s for name, after_s in times_s.items()})
    assert told in await refusal(issuer, token)


async def test_a_little_skew_between_clocks_does_no_harm(issuer: Issuer) -> None:
    now_s = int(time.time())
    for times_s in ({"iat": SKEW_S, "exp": 600}, {"iat": -600, "exp": -5}):
        moved = {name: now_s + after_s for name, after_s in times_s.items()}
        assert await issuer.verifier().verify(issuer.token(**moved))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "..", "eyJ9.e30.", "\u00e9.e30.", "a" * 5_000])
async def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await issuer.verifier().verify(token)


async def test_an_unsigned_token_is_refused(issuer: Issuer) -> None:
    unsigned = jwt.encode(claims(), "", algorithm="none")
    assert "algorithm" in await refusal(issuer, unsigned)


def _hs256(secret: bytes, key_id: str) -> str:
    """Sign as an attacker would, whose library doesn't object to such a secret."""

    def encoded(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    header = json.dumps({"alg": "HS256", "typ": "JWT", "kid": key_id}).encode()
    signed = encoded(header) + b"." + encoded(json.dumps(claims()).encode())
    mac = hmac.digest(secret, signed, "sha256")
    return (signed + b"." + encoded(mac)).decode()


async def test_the_public_key_is_no_shared_secret(issuer: Issuer) -> None:
    public, key_id = issuer.key.public_key(), public_jwk(issuer.key)["kid"]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, public.public_bytes_raw(), json.dumps(public_jwk(issuer.key)).encode()):
        assert "algorithm" in await refusal(issuer, _hs256(secret, key_id))


async def test_a_key_of_another_issuer_is_refused_even_under_this_ones_name(issuer: Issuer) -> None:
    other = Issuer()
    assert "doesn't have" in await refusal(issuer, other.token())
    named = {"kid": public_jwk(issuer.key)["kid"]}
    forged = jwt.encode(claims(), other.key, algorithm="EdDSA", headers=named)
    assert "signature" in await refusal(issuer, forged)


async def test_a_changed_token_is_refused(issuer: Issuer) -> None:
    header, _, signature = issuer.token(Role.AUDITOR).split(".")
    _, body, _ = issuer.token(Role.ADMINISTRATOR).split(".")
    assert "signature" in await refusal(issuer, f"{header}.{body}.{signature}")


async def test_a_token_cannot_choose_another_algorithm_for_a_key() -> None:
    key = rsa.generate_private_key(65537, 2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)

    async def keys() -> dict[str, object]:
        return {"keys": [jwk | {"kid": "k", "alg": "RS256", "use": "sig"}]}

    rules = Rules(LOCAL_ISSUER, AUDIENCE, LIFE_S)
    verifier = JwtVerifier(rules, keys, time.time, time.monotonic)
    for algorithm, holds in (("RS256", True), ("PS256", False), ("RS512", False)):
        token = jwt.encode(claims(), key, algorithm=algorithm, headers={"kid": "k"})
        if holds:
            assert (await verifier.verify(token)).subject == "Ames"
        else:
            with pytest.raises(NotSignedIn):
                await verifier.verify(token)


async def test_keys_for_encryption_and_secrets_sign_nothing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(bytes(32)).decode(), "kid": "s"}

    async def keys() -> dict[str, object]:
        return {"keys": [public | {"kid": "e", "use": "enc"}, secret | {"alg": "HS256"}]}

    verifier = JwtVerifier(Rules(LOCAL_ISSUER, AUDIENCE, LIFE_S), keys, time.time, time.monotonic)
    for_encryption = jwt.encode(claims(), key, algorithm="ES256", headers={"kid": "e"})
    for token in (for_encryption, _hs256(bytes(32), "s")):
        with pytest.raises(NotSignedIn):
            await verifier.verify(token)


async def test_an_issuer_without_a_usable_key_is_told_as_unavailable() -> None:
    async def keys() -> dict[str, object]:
        return {"keys": [{"kty": "nothing"}]}

    verifier = JwtVerifier(Rules(LOCAL_ISSUER, AUDIENCE, LIFE_S), keys, time.time, time.monotonic)
    with pytest.raises(Transient):
        await verifier.verify(Issuer().token())


class KnownToken:
    """A verifier that has seen a token; what it goes by changes when a test says so."""

    def __init__(self, issuer: Issuer) -> None:
        self.published: dict[str, object] = {"keys": [public_jwk(issuer.key)]}
        self.now_s = time.time()
        self.steady_s = 0.0
        self.token = issuer.token()
        rules = Rules(LOCAL_ISSUER, AUDIENCE, LIFE_S)
        self.verifier = JwtVerifier(rules, self._keys, lambda: self.now_s, lambda: self.steady_s)

    async def _keys(self) -> dict[str, object]:
        return self.published


async def test_the_signature_of_a_token_is_checked_once_for_a_key(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KnownToken(issuer)
    first = await known.verifier.verify(known.token)
    monkeypatch.setattr(jwt, "decode", None)
    assert await known.verifier.verify(known.token) == first
    # Of another token nothing is known.
    with pytest.raises(TypeError):
        await known.verifier.verify(issuer.token(sub="Birch"))


async def test_a_known_token_ends_when_it_says_so(issuer: Issuer) -> None:
    known = KnownToken(issuer)
    await known.verifier.verify(known.token)
    known.now_s += 600 + SKEW_S + 1
    with pytest.raises(NotSignedIn, match="expired"):
        await known.verifier.verify(known.token)


@pytest.mark.parametrize("kid_stays", [True, False])
async def test_a_known_token_is_refused_once_its_key_is_withdrawn(
    issuer: Issuer, *, kid_stays: bool
) -> None:
    known = KnownToken(issuer)
    await known.verifier.verify(known.token)
    kid = {"kid": public_jwk(issuer.key)["kid"]} if kid_stays else {}
    known.published = {"keys": [public_jwk(Issuer().key) | kid]}
    known.steady_s += FRESH_S
    with pytest.raises(NotSignedIn):
        await known.verifier.verify(known.token)


async def test_only_so_many_tokens_are_known(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwt_tokens, "_MOST_KNOWN", 2)
    known = KnownToken(issuer)
    tokens = [issuer.token(sub=f"officer-{number}") for number in range(3)]
    for token in tokens:
        await known.verifier.verify(token)
    monkeypatch.setattr(jwt, "decode", None)
    for token in tokens[1:]:
        await known.verifier.verify(token)
    with pytest.raises(TypeError):
        await known.verifier.verify(tokens[0])
