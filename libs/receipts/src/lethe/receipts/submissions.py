"""What a log sends to a witness: https://c2sp.org/tlog-witness, the call add-checkpoint."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from lethe.receipts.errors import BadInput
from lethe.receipts.hashing import HASH_BYTES
from lethe.receipts.notes import Note, strict_base64

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MOST_BYTES = 65_536
_MOST_HASHES = 63
_LARGEST_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint, and the proof that its log grew from what the witness saw last.

    Attributes
    ----------
    old_size
        Entries that the witness saw, by what the log knows.
    proof
        Consistency proof from there (RFC 6962, section 2.1.2).
    """

    old_size: int
    proof: tuple[bytes, ...] = field(repr=False)
    note: Note

    def body(self) -> bytes:
        """Return it as it is sent."""
        proof = "".join(f"{b64encode(each).decode()}\n" for each in self.proof)
        return f"old {self.old_size}\n{proof}\n{self.note}".encode()

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Read what was sent.

        Raises
        ------
        BadInput
            If it is none.
        """
        try:
            head, blank, note = body.decode().partition("\n\n")
        except UnicodeDecodeError:
            raise BadInput("it is no text") from None
        first, *proof = head.split("\n")
        if not blank or not first.startswith("old "):
            raise BadInput("old size, proof, an empty line and a checkpoint are needed")
        return cls(parse_size(first.removeprefix("old ")), _hashes(proof), Note.parse(note))


def parse_size(text: str) -> int:
    """Read a number of entries.

    Raises
    ------
    BadInput
        If it is none.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > _LARGEST_DIGITS:
        raise BadInput("the size is no number")
    if str(int(text)) != text:
        raise BadInput("the size has leading zeroes")
    return int(text)


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > _MOST_HASHES:
        raise BadInput(f"a proof has at most {_MOST_HASHES} hashes")
    try:
        hashes = tuple(map(strict_base64, lines))
    except ValueError:
        raise BadInput("a hash of the proof isn't base64") from None
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BadInput("a hash of the proof isn't 32 bytes")
    return hashes
