"""Ed25519 signatures on control messages, bound to what they are for."""

from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lethe.contracts.errors import Refused
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.keyfiles import read_private_key


def _signed_bytes(context: str, payload: bytes) -> bytes:
    label = context.encode()
    return b"lethe signature v1\0" + len(label).to_bytes(2, "big") + label + payload


class SigningKey(Protocol):
    """Signs as one name of the roster, wherever the private half of the key is.

    It needs to know nothing of Lethe: a file on this machine (`Signer`), a token of hardware or a
    key service get bytes and give 64 bytes back.
    """

    @property
    def name(self) -> str:
        """The roster entry whose public key others check with."""
        ...

    def sign_message(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes, RFC 8032) of a message as it is.

        Raises
        ------
        InvalidInput
            If whoever holds the key doesn't give one.
        """
        ...


def signed_by(key: SigningKey, context: str, payload: bytes) -> SignedEnvelope:
    """Return a payload in an envelope that a key signed.

    Parameters
    ----------
    context
        What the signature is for (the topic's name); a payload signed for one context isn't
        valid in another.
    """
    signature = key.sign_message(_signed_bytes(context, payload))
    return SignedEnvelope(signer=key.name, payload=payload, signature=signature)


class Signer:
    """Signs as one name of the roster, with a private key in this process.

    Parameters
    ----------
    name
        The roster entry whose public key others check with.
    private_key
        The key of that entry.
    """

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self.name = name
        self._private_key = private_key

    @classmethod
    def from_file(cls, file: Path) -> "Signer":
        """Read a key file; its name without the ending is the roster entry's name.

        Raises
        ------
        InvalidInput
            If the file can't be read or holds no key.
        """
        return cls(file.stem, read_private_key(file))

    def sign(self, context: str, payload: bytes) -> SignedEnvelope:
        """Return the payload in an envelope; see `signed_by`."""
        return signed_by(self, context, payload)

    def sign_message(self, message: bytes) -> bytes:
        """Return the signature (64 bytes) of a message as it is."""
        return self._private_key.sign(message)


@lru_cache(maxsize=256)
def _key_of(public_key: bytes) -> Ed25519PublicKey:
    # The few of the roster, again and again.
    return Ed25519PublicKey.from_public_bytes(public_key)


def check_signature(public_key: bytes, context: str, envelope: SignedEnvelope) -> None:
    """Check an envelope against one public key.

    Raises
    ------
    Refused
        If the signature doesn't hold.
    """
    try:
        _key_of(public_key).verify(envelope.signature, _signed_bytes(context, envelope.payload))
    except (InvalidSignature, ValueError):
        raise Refused(f"the signature of {envelope.signer!r} doesn't hold") from None
