"""What witnesses saw of logs, against what a file shows of them."""

from collections import defaultdict
from collections.abc import Iterable

from lethe.receipts.checkpoints import Checkpoint, signed_by_one
from lethe.receipts.cosignatures import cosignatures
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.hashing import EMPTY_ROOT, Frontier
from lethe.receipts.notes import Note, VerifierKey


class Witnessed:
    """Checkpoints that the file must hold, each at its size."""

    def __init__(self, checkpoints: Iterable[Checkpoint]) -> None:
        self._wanted: dict[tuple[str, int], Checkpoint] = {}
        for each in checkpoints:
            if each.size == 0 and each.root == EMPTY_ROOT:
                continue
            before = self._wanted.setdefault((each.origin, each.size), each)
            if before != each:
                raise Refuted(f"fork: two checkpoints of {each.origin} at entry {each.size} differ")
        self._lengths: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._ended: dict[str, list[Checkpoint]] = defaultdict(list)

    def look(self, origin: str, tree: Frontier) -> None:
        """Compare a log as far as it was read.

        Raises
        ------
        Refuted
            If a witness saw another log.
        """
        self._lengths[origin] = tree.size
        wanted = self._wanted.get((origin, tree.size))
        if wanted is None:
            return
        if wanted.root != tree.root():
            raise Refuted("fork: a witness saw other entries up to here")
        del self._wanted[origin, tree.size]
        self._seen[origin] = tree.size

    def end_log(self, instance: str, last: Checkpoint) -> None:
        """Take the last checkpoint of a log; those of an instance come in their order."""
        self._ended[instance].append(last)

    def unwitnessed(self) -> list[tuple[str, int, int]]:
        """Return the logs whose end no witness saw: origin, entries seen, entries there are.

        The first entry of a log names all of the one before, so that it is witnessed with it.
        """
        found = []
        for logs in self._ended.values():
            for last in reversed(logs):
                seen = self._seen.get(last.origin, 0)
                if seen < last.size:
                    found.append((last.origin, seen, last.size))
                if seen:
                    break
        return found

    def require_all_seen(self) -> None:
        """Check that every log is as long as witnesses saw it.

        Raises
        ------
        Refuted
            Naming the first entry that is missing.
        """
        for (origin, size), _wanted in sorted(self._wanted.items(), key=lambda each: each[0]):
            length = self._lengths.get(origin, 0)
            raise Refuted(
                f"log {origin}, entry {length + 1}: it is missing; a witness saw {size} entries"
            )


def witnessed_checkpoints(
    text: str, signers: tuple[VerifierKey, ...], witnesses: tuple[VerifierKey, ...]
) -> list[Checkpoint]:
    """Read the notes of checkpoints as a witness kept them, an empty line between two.

    Parameters
    ----------
    witnesses
        If there are any, one of them must have cosigned it.

    Raises
    ------
    BadInput
        If it is none, or not signed as it must be.
    """
    # In a note a single empty line parts its text from its signatures.
    parts = text.split("\n\n")
    notes = ["\n\n".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
    return [_witnessed(f"{each.rstrip()}\n", signers, witnesses) for each in notes]


def _witnessed(
    text: str, signers: tuple[VerifierKey, ...], witnesses: tuple[VerifierKey, ...]
) -> Checkpoint:
    note = Note.parse(text)
    try:
        checkpoint, _signer = signed_by_one(note, signers)
        seen = cosignatures(note, witnesses)
    except Refuted as error:
        raise BadInput(f"the witness's checkpoint: {error}") from None
    if witnesses and not seen:
        raise BadInput("the witness's checkpoint isn't cosigned by a witness that was named")
    return checkpoint
