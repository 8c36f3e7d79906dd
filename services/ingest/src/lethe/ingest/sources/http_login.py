"""Answering a camera that asks who we are: Digest (RFC 7616) or Basic (RFC 7617)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lethe.ingest.sources.secrets import Credentials

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"": "md5", "md5": "md5", "sha-256": "sha256"}


def authorisation(
    challenges: list[str],
    credentials: Credentials,
    *,
    method: str,
    target: str,
    nonce: Callable[[], str] = lambda: secrets.token_hex(8),
) -> str | None:
    """Return the value of the `Authorization` header, or None when no challenge is understood.

    Parameters
    ----------
    challenges
        Values of the `WWW-Authenticate` headers. Digest is preferred: it doesn't send the
        password.
    target
        Path and query of the request.
    nonce
        Makes the client's nonce.
    """
    for challenge in challenges:
        scheme, _, rest = challenge.strip().partition(" ")
        if scheme.lower() == "digest":
            fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}
            if fields.get("algorithm", "").lower() in _HASHES and "nonce" in fields:
                return _digest(fields, credentials, method, target, nonce())
    if any(challenge.strip().lower().startswith("basic") for challenge in challenges):
        pair = f"{credentials.user}:{credentials.password}".encode()
        return "Basic " + base64.b64encode(pair).decode()
    return None


def _digest(
    fields: dict[str, str], credentials: Credentials, method: str, target: str, own_nonce: str
) -> str:
    algorithm = fields.get("algorithm", "")

    def hashed(text: str) -> str:
        # MD5 is what cameras speak; it is the protocol's choice, not ours.
        name = _HASHES[algorithm.lower()]
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    realm, challenge = fields.get("realm", ""), fields["nonce"]
    first = hashed(f"{credentials.user}:{realm}:{credentials.password}")
    second = hashed(f"{method}:{target}")
    said = {"username": credentials.user, "realm": realm, "nonce": challenge, "uri": target}
    if "auth" in re.split(r"[\s,]+", fields.get("qop", "")):
        said["response"] = hashed(f"{first}:{challenge}:00000001:{own_nonce}:auth:{second}")
        said["cnonce"] = own_nonce
        bare = ", qop=auth, nc=00000001"
    else:
        said["response"] = hashed(f"{first}:{challenge}:{second}")
        bare = ""
    if "opaque" in fields:
        said["opaque"] = fields["opaque"]
    if algorithm:
        bare += f", algorithm={algorithm}"
    return "Digest " + ", ".join(f'{name}="{_escaped(text)}"' for name, text in said.items()) + bare


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
