"""Signatures made outside: what is to be signed is told, and what comes back is put in place."""

from collections.abc import Iterator, Sequence

from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import authorise

SIGNATURE_BYTES = 64
_UNSIGNED = bytes(SIGNATURE_BYTES)


class AskedKey:
    """Takes note of what it is to sign, and signs nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages: list[bytes] = []

    def sign_message(self, message: bytes) -> bytes:
        """Keep a message; return what is no signature of it."""
        self.messages.append(message)
        return _UNSIGNED


class GivenKey:
    """Gives signatures that were made elsewhere, in the order in which they are asked for."""

    def __init__(self, name: str, signatures: Sequence[bytes]) -> None:
        self.name = name
        self._left: Iterator[bytes] = iter(signatures)

    def sign_message(self, _message: bytes) -> bytes:
        """Return the next signature; whether it holds is checked by whoever reads it."""
        signature = next(self._left)
        if len(signature) != SIGNATURE_BYTES:
            raise InvalidInput(f"an Ed25519 signature has {SIGNATURE_BYTES} bytes")
        return signature


def asked_of_officer(draft: SignedEnvelope, officer: str) -> tuple[bytes, bytes]:
    """Return what an officer signs to authorise a draft: the order, and that it is in force."""
    asked = AskedKey(officer)
    authorise(draft, asked)
    order, state = asked.messages
    return order, state


def authorised(
    draft: SignedEnvelope, officer: str, order: bytes, state: bytes
) -> DeploymentOrdered:
    """Return the order of a draft with an officer's two signatures, which aren't checked here."""
    return authorise(draft, GivenKey(officer, (order, state)))
