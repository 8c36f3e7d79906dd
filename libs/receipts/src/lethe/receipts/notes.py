"""Signed notes as https://c2sp.org/signed-note describes them, with Ed25519 signatures."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from lethe.receipts.errors import BadInput, Refuted

ED25519 = 0x01
COSIGNATURE = 0x04
"""Kinds of signatures, as the specification numbers them."""

MOST_SIGNATURES = 64
_DASH = "\u2014"
_ID_BYTES = 4
_KEY_BYTES = 32
_PARTS = 3


def strict_base64(text: str) -> bytes:
    """Decode standard base64 that encodes back to the same text.

    Raises
    ------
    ValueError
        If it doesn't: two texts must not stand for the same bytes.
    """
    decoded = b64decode(text, validate=True)
    if b64encode(decoded).decode() != text:
        raise ValueError("not canonical base64")
    return decoded


def is_name(text: str) -> bool:
    """Tell whether a text may name a key: not empty, without spaces, plus and control codes."""
    return bool(text) and not any(c.isspace() or c == "+" or not c.isprintable() for c in text)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and the kind of its signatures.

    Attributes
    ----------
    kind
        `ED25519` or `COSIGNATURE`.
    public
        32 bytes.
    """

    name: str
    kind: int
    public: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a verifier key: `name+hash+base64`.

        Raises
        ------
        BadInput
            If it is none, of another kind, or its hash isn't that of its key.
        """
        # The base64 may hold plus characters itself; the name may not.
        parts = text.strip().split("+", _PARTS - 1)
        if len(parts) != _PARTS or not is_name(parts[0]):
            raise BadInput("no verifier key; it reads name+hash+base64")
        try:
            encoded = strict_base64(parts[2])
        except ValueError:
            raise BadInput("no verifier key: its last part isn't base64") from None
        if len(encoded) != 1 + _KEY_BYTES or encoded[0] not in (ED25519, COSIGNATURE):
            raise BadInput("no verifier key of Ed25519")
        found = cls(parts[0], encoded[0], encoded[1:])
        if found.key_id.hex() != parts[1]:
            raise BadInput("no verifier key: its hash isn't that of its name and key")
        return found

    @property
    def key_id(self) -> bytes:
        """What signatures name it by, beside its name: 4 bytes."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        encoded = b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def holds(self, signed: bytes, signature: bytes) -> bool:
        """Tell whether an Ed25519 signature (64 bytes) of these bytes is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line of a note: who signed, and what follows the key's id."""

    name: str
    key_id: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def line(self) -> str:
        """Return the line, with its newline."""
        encoded = b64encode(self.key_id + self.signature).decode()
        return f"{_DASH} {self.name} {encoded}\n"

    def is_by(self, signer: VerifierKey) -> bool:
        """Tell whether it names this key; that alone proves nothing."""
        return (self.name, self.key_id) == (signer.name, signer.key_id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures of it, none of them checked yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Read a note.

        Raises
        ------
        BadInput
            If it isn't one.
        """
        text, blank, below = note.rpartition("\n\n")
        if not blank or not text or not below.endswith("\n"):
            raise BadInput("no signed note: a text, an empty line and signatures are needed")
        if any(c < " " and c != "\n" for c in note):
            raise BadInput("no signed note: it holds control characters")
        lines = below[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise BadInput(f"a note with more than {MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(map(_signature, lines)))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(each.line() for each in self.signatures)

    def require_signed(self, signer: VerifierKey) -> None:
        """Check that the note is signed by an Ed25519 key; unknown signatures don't matter.

        Raises
        ------
        Refuted
            If the key didn't sign, or a signature in its name doesn't hold.
        """
        found = [each for each in self.signatures if each.is_by(signer)]
        if not found:
            raise Refuted(f"it isn't signed by {signer.name}")
        if not all(signer.holds(self.text.encode(), each.signature) for each in found):
            raise Refuted(f"the signature of {signer.name} doesn't hold")


class NoteSigner:
    """Signs notes under a name."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        public = private_key.public_key().public_bytes_raw()
        self.verifier = VerifierKey(name, ED25519, public)

    def sign(self, text: str) -> Note:
        """Return a note of this text, which must end in a newline."""
        signature = self._private_key.sign(text.encode())
        key_id = self.verifier.key_id
        return Note(text, (NoteSignature(self.verifier.name, key_id, signature),))


def _signature(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != _PARTS or parts[0] != _DASH or not is_name(parts[1]):
        raise BadInput("no signed note: below its text stands a line that is no signature")
    try:
        decoded = strict_base64(parts[2])
    except ValueError:
        raise BadInput("no signed note: a signature isn't base64") from None
    if len(decoded) <= _ID_BYTES:
        raise BadInput("no signed note: a signature is too short")
    return NoteSignature(parts[1], decoded[:_ID_BYTES], decoded[_ID_BYTES:])
