"""The key that signs this machine's own tokens, and its public half for alert."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.contracts.errors import LetheError
from lethe.shredding.keyfiles import read_private_key, write_private_key

TOKEN_NAME = "token"  # noqa: S105 - the name of a key's file
TOKEN_KEYS_FILE = "tokens.jwks"  # noqa: S105 - and that of its public half


def create_token_key(folder: Path) -> bool:
    """Make what is missing of the key for tokens; tell whether anything was.

    Parameters
    ----------
    folder
        Of the local trust; gets `keys/token.key` (mode 0600) and `tokens.jwks`.
    """
    file, published = folder / "keys" / f"{TOKEN_NAME}.key", folder / TOKEN_KEYS_FILE
    try:
        private_key = read_private_key(file)
    except LetheError:
        private_key = Ed25519PrivateKey.generate()
        write_private_key(file, private_key)
    told = json.dumps({"keys": [public_jwk(private_key)]}, indent=1) + "\n"
    if published.is_file() and published.read_text() == told:
        return False
    published.write_text(told)
    return True


def public_jwk(private_key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the public half as a JSON Web Key (RFC 8037), named by its thumbprint (RFC 7638)."""
    point = _encoded(private_key.public_key().public_bytes_raw())
    members = {"crv": "Ed25519", "kty": "OKP", "x": point}
    thumbprint = sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    return members | {"alg": "EdDSA", "use": "sig", "kid": _encoded(thumbprint)}


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
