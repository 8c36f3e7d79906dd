"""A witness: it cosigns a checkpoint only if its log grew from the last one that it saw.

It answers as https://c2sp.org/tlog-witness says. Every term of purge has a log of its own; a log
is known if its name begins with that of a key which the witness was given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Protocol

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.hashing import EMPTY_ROOT
from lethe.receipts.notes import Note, NoteSignature, VerifierKey
from lethe.receipts.proofs import verify_consistency
from lethe.receipts.submissions import SIZE_TYPE, Submission

_TEXT = "text/plain; charset=utf-8"


class Memory(Protocol):
    """The last checkpoint of every log, kept durably."""

    def load(self) -> list[str]:
        """Return the notes that were saved, the one saved last at the end."""
        ...

    def save(self, origin: str, note: str) -> None:
        """Keep a note in place of the one before; durable when it returns.

        Raises
        ------
        OSError
            If it may not be: then it must not be cosigned.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    body: str = ""
    content_type: str = _TEXT


class Witness:
    """Answers calls, also from several threads: one checkpoint is taken after the other.

    Parameters
    ----------
    logs
        Keys of the logs that it knows.
    now_s
        Tells the time, in seconds since 1970.
    """

    def __init__(
        self,
        cosigner: Cosigner,
        logs: Sequence[VerifierKey],
        memory: Memory,
        now_s: Callable[[], int],
    ) -> None:
        self._cosigner = cosigner
        self._logs = tuple(logs)
        self._memory = memory
        self._now_s = now_s
        self._turn = Lock()
        self._seen: dict[str, Note] = {}
        for text in memory.load():
            note = Note.parse(text)
            self._seen[Checkpoint.parse(note.text).origin] = note

    def add_checkpoint(self, body: bytes) -> Answer:
        """Take a checkpoint and cosign it, or say why not."""
        try:
            submission = Submission.parse(body)
            checkpoint = Checkpoint.parse(submission.note.text)
        except BadInput as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        known = [key for key in self._logs if checkpoint.origin.startswith(f"{key.name}/")]
        if not known:
            return Answer(HTTPStatus.NOT_FOUND, "this log isn't known\n")
        if not any(map(_signed(submission.note), known)):
            return Answer(HTTPStatus.FORBIDDEN, "no key of this log signed it\n")
        if submission.old_size > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is above that of the checkpoint\n")
        with self._turn:
            return self._take(submission, checkpoint)

    def checkpoints(self) -> str:
        """Return the last checkpoint of the newest log of each instance, cosigned anew.

        Signed notes, with an empty line between two of them.
        """
        with self._turn:
            newest = {origin.rpartition("/")[0]: note for origin, note in self._seen.items()}
        return "\n".join(str(self._cosigner.cosign(n, self._now_s())) for n in newest.values())

    def _take(self, submission: Submission, checkpoint: Checkpoint) -> Answer:
        seen = self._last(checkpoint.origin)
        if submission.old_size != seen.size:
            return Answer(HTTPStatus.CONFLICT, f"{seen.size}\n", SIZE_TYPE)
        if checkpoint.size == seen.size and checkpoint.root != seen.root:
            return Answer(HTTPStatus.CONFLICT, f"{seen.size}\n", SIZE_TYPE)
        if not verify_consistency(
            seen.size, checkpoint.size, submission.proof, seen.root, checkpoint.root
        ):
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, "the log didn't grow into this one\n")
        own = Note(submission.note.text, _of_logs(submission.note, self._logs))
        try:
            self._memory.save(checkpoint.origin, str(own))
        except OSError:
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, "it can't be kept, so not cosigned\n")
        # The one that was seen last stands last.
        self._seen.pop(checkpoint.origin, None)
        self._seen[checkpoint.origin] = own
        cosigned = self._cosigner.cosign(own, self._now_s())
        return Answer(HTTPStatus.OK, cosigned.signatures[-1].line())

    def _last(self, origin: str) -> Checkpoint:
        note = self._seen.get(origin)
        return Checkpoint.parse(note.text) if note else Checkpoint(origin, 0, EMPTY_ROOT)


def _signed(note: Note) -> Callable[[VerifierKey], bool]:
    def by(key: VerifierKey) -> bool:
        try:
            note.require_signed(key)
        except Refuted:
            return False
        return True

    return by


def _of_logs(note: Note, logs: Sequence[VerifierKey]) -> tuple[NoteSignature, ...]:
    """Return the signatures of known keys: others are of no use to anybody who asks here."""
    return tuple(line for line in note.signatures if any(line.is_by(key) for key in logs))
