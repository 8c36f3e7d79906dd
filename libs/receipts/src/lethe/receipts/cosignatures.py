"""Cosignatures of witnesses as https://c2sp.org/tlog-cosignature describes them: Ed25519, v1."""

import struct
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.notes import COSIGNATURE, Note, NoteSignature, VerifierKey

_TIME = struct.Struct(">Q")
_SIGNATURE_BYTES = 64
_LATEST = 2**63


@dataclass(frozen=True, slots=True)
class Cosignature:
    """Who saw a checkpoint to be consistent with all earlier ones, and when.

    Attributes
    ----------
    at_s
        Seconds since 1970, as the witness says.
    """

    witness: str
    at_s: int


class Cosigner:
    """A witness: it must have checked what it signs.

    Parameters
    ----------
    private_key
        For cosignatures of this witness alone: what is signed doesn't name it.
    """

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        public = private_key.public_key().public_bytes_raw()
        self.verifier = VerifierKey(name, COSIGNATURE, public)

    def cosign(self, note: Note, at_s: int) -> Note:
        """Return the note of a checkpoint with this witness's line below the others."""
        signature = _TIME.pack(at_s) + self._private_key.sign(_message(note.text, at_s))
        line = NoteSignature(self.verifier.name, self.verifier.key_id, signature)
        return replace(note, signatures=(*note.signatures, line))


def cosignatures(note: Note, witnesses: tuple[VerifierKey, ...]) -> list[Cosignature]:
    """Return the cosignatures of known witnesses on a checkpoint; others don't matter.

    Raises
    ------
    Refuted
        If one in the name of a known witness doesn't hold.
    """
    return [
        _checked(note.text, line, witness)
        for witness in witnesses
        for line in note.signatures
        if line.is_by(witness)
    ]


def require_witness(witness: VerifierKey) -> VerifierKey:
    """Return a key if it is one for cosignatures.

    Raises
    ------
    BadInput
        If it is another.
    """
    if witness.kind != COSIGNATURE:
        raise BadInput(f"{witness.name} is no key of a witness (cosignature/v1)")
    return witness


def _checked(text: str, line: NoteSignature, witness: VerifierKey) -> Cosignature:
    if len(line.signature) != _TIME.size + _SIGNATURE_BYTES:
        raise Refuted(f"the cosignature of {witness.name} has a wrong length")
    (at_s,) = _TIME.unpack(line.signature[: _TIME.size])
    signature = line.signature[_TIME.size :]
    if at_s >= _LATEST or not witness.holds(_message(text, at_s), signature):
        raise Refuted(f"the cosignature of {witness.name} doesn't hold")
    return Cosignature(witness.name, at_s)


def _message(text: str, at_s: int) -> bytes:
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()
