"""HPKE: how a slot key is sealed to one ticket, and a crop to alert's transit key.

Hybrid ML-KEM-768/X25519, base mode: it doesn't authenticate the sender, so whatever is wrapped
travels in a signed message (RFC 9180; draft-ietf-hpke-pq).
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from lethe.contracts.errors import Refused

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC_BYTES = 1184
_SEED_BYTES = 64


class UnwrapKey:
    """A private key that opens what was wrapped to its public key."""

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public_key = (
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )

    @classmethod
    def generate(cls) -> "UnwrapKey":
        """Return a new key pair."""
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_seeds(cls, seeds: bytes) -> "UnwrapKey":
        """Return the key pair of a 64-byte ML-KEM seed followed by a 32-byte X25519 key.

        No copy of them is made here: the caller overwrites them.
        """
        view = memoryview(seeds)
        return cls(
            MLKEM768PrivateKey.from_seed_bytes(view[:_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(view[_SEED_BYTES:]),
        )

    def unwrap(self, wrapped: bytes, binding: bytes) -> bytes:
        """Return the content; the caller overwrites it with `wipe_bytes`.

        Raises
        ------
        Refused
            If it wasn't wrapped to this key with this binding.
        """
        try:
            return _SUITE.decrypt(wrapped, self._private, binding)
        except (InvalidTag, ValueError):
            raise Refused("what was wrapped isn't for this key") from None


def wrap(content: bytes | memoryview, public_key: bytes, binding: bytes) -> bytes:
    """Return the content wrapped to a public key (1,184 + 32 bytes), bound to `binding`.

    Raises
    ------
    Refused
        If the public key is malformed.
    """
    try:
        recipient = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public_key[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public_key[_MLKEM_PUBLIC_BYTES:]),
        )
        return _SUITE.encrypt(content, recipient, binding)
    except (InvalidTag, ValueError):
        raise Refused("a public key is malformed") from None
