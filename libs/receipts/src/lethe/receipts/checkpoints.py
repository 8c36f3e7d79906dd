"""Checkpoints as https://c2sp.org/tlog-checkpoint describes them: a signed tree head."""

from base64 import b64encode
from dataclasses import dataclass, field

from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.hashing import HASH_BYTES
from lethe.receipts.notes import ED25519, Note, NoteSigner, VerifierKey, strict_base64

_LINES = 3
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a log had grown, and what it held.

    Attributes
    ----------
    origin
        Names the log.
    size
        Entries.
    root
        Tree head (32 bytes).
    """

    origin: str
    size: int
    root: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """What is signed: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint's note. Extension lines are refused: Lethe writes none.

        Raises
        ------
        BadInput
            If it is none.
        """
        lines = text.split("\n")
        if len(lines) != _LINES + 1 or not lines[0] or lines[-1]:
            raise BadInput("no checkpoint: three lines are needed, origin, size and root")
        origin, size, encoded = lines[:_LINES]
        if not (size.isascii() and size.isdigit()) or len(size) > len(str(_LARGEST)):
            raise BadInput("no checkpoint: its size is no number")
        if str(int(size)) != size or int(size) >= _LARGEST:
            raise BadInput("no checkpoint: its size is no number")
        try:
            root = strict_base64(encoded)
        except ValueError:
            raise BadInput("no checkpoint: its root isn't base64") from None
        if len(root) != HASH_BYTES:
            raise BadInput("no checkpoint: its root isn't 32 bytes")
        return cls(origin, int(size), root)

    def sign(self, signer: NoteSigner) -> Note:
        """Return its note, signed by the log."""
        return signer.sign(self.text)


def signed_by_one(note: Note, signers: tuple[VerifierKey, ...]) -> tuple[Checkpoint, VerifierKey]:
    """Return the checkpoint of a note, and which of these keys signed it.

    Raises
    ------
    BadInput
        If the note is no checkpoint.
    Refuted
        If none of the keys signed it, or one of them doesn't hold.
    """
    checkpoint = Checkpoint.parse(note.text)
    known = [k for k in signers if any(each.is_by(k) for each in note.signatures)]
    if not known:
        names = ", ".join(sorted({each.name for each in note.signatures}))
        raise Refuted(f"its checkpoint is signed by {names}, not by the key that was given")
    for signer in known:
        note.require_signed(signer)
    return checkpoint, known[0]


def require_log(signer: VerifierKey) -> VerifierKey:
    """Return a key if it is one that logs sign with.

    Raises
    ------
    BadInput
        If it is another.
    """
    if signer.kind != ED25519:
        raise BadInput(f"{signer.name} is no key of a log, but one of a witness")
    return signer
