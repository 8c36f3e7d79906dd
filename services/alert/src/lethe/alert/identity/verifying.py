"""What verifies tokens, as the settings say."""

import time

from lethe.alert.identity.issuer import keys_in, keys_of
from lethe.alert.identity.jwt_tokens import JwtVerifier, Rules
from lethe.alert.settings import AlertSettings


def verifier_of(settings: AlertSettings) -> JwtVerifier:
    """Return what verifies the tokens of the issuer that the settings name."""
    file, issuer = settings.token_keys_file, settings.token_issuer
    rules = Rules(issuer, settings.token_audience, settings.token_life_s)
    keys = keys_in(file) if file else keys_of(issuer)
    return JwtVerifier(rules, keys, time.time, time.monotonic)
