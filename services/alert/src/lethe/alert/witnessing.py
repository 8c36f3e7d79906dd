"""Submitting checkpoints to witnesses: what they cosigned lies beside the copies of the logs.

Nothing waits for a witness, and nothing stops because one is away or refuses.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import structlog

from lethe.alert.errors import ReceiptsUnavailable
from lethe.alert.receipt_copies import Growing, Kept
from lethe.receipts.asking import NamedWitness
from lethe.receipts.cosignatures import cosignatures
from lethe.receipts.cosigned import add_cosigned, cosigned_file
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import EntryLine, read_items, read_lines
from lethe.receipts.hashing import leaf_hash
from lethe.receipts.notes import Note, VerifierKey
from lethe.receipts.proofs import consistency_proof
from lethe.receipts.submissions import Submission, parse_size
from lethe.runtime import metrics
from lethe.runtime.threads import Threads, run_apart

_EVERY_S = 30.0
_OK, _CONFLICT = 200, 409
_REFUSALS = {
    403: "it doesn't know the key of receipts",
    404: "it doesn't know this log",
    422: "fork: it saw another version of this log",
}
_log = structlog.get_logger()

Send = Callable[[str, bytes], tuple[int, str]]
"""Sends a body to a witness's address and returns status and answer; blocks, raises `OSError`."""


@dataclass(frozen=True, slots=True)
class WitnessState:
    """How it stands with a witness.

    Attributes
    ----------
    cosigned
        How many checkpoints it cosigned since this process began.
    fault
        Why it didn't cosign the last one; None if it did.
    """

    name: str
    cosigned: int = 0
    refused: int = 0
    unreachable: int = 0
    fault: str | None = None


class Witnessing:
    """Submits the newest checkpoint of every purge now and then.

    Parameters
    ----------
    kept
        Returns what there is; raises `ReceiptsUnavailable` while that isn't known.
    pause
        Waits between two rounds.
    """

    def __init__(
        self,
        witnesses: Sequence[NamedWitness],
        kept: Callable[[], Kept],
        send: Send,
        pause: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._witnesses = tuple(witnesses)
        self._kept = kept
        self._send = send
        self._pause = pause or (lambda: asyncio.sleep(_EVERY_S))
        self._threads = Threads("witness", 1)
        self._states = {each.key: WitnessState(each.key.name) for each in witnesses}
        self._sizes: dict[tuple[VerifierKey, str], int] = {}

    def states(self) -> list[WitnessState]:
        """Return how it stands with every witness."""
        return list(self._states.values())

    async def run(self) -> None:
        """Submit until cancelled; does nothing without witnesses."""
        try:
            while self._witnesses:
                await self._pause()
                await self.turn()
        finally:
            self._threads.close()

    async def turn(self) -> None:
        """Submit what there is to every witness."""
        try:
            growing = self._kept().growing
        except ReceiptsUnavailable:
            return
        for witness in self._witnesses:
            for log in growing:
                if log.checkpoint:
                    await self._submit(witness, log)

    async def _submit(self, witness: NamedWitness, log: Growing) -> None:
        try:
            fault = await self._asked(witness, log)
        except OSError as error:
            self._note(witness, "unreachable", str(error.strerror or type(error).__name__))
        except ReceiptsError as error:
            self._note(witness, "refused", str(error))
        else:
            self._note(witness, "refused" if fault else "cosigned", fault)

    async def _asked(self, witness: NamedWitness, log: Growing) -> str | None:
        """Submit a checkpoint, once more if the witness knows another size; say why it refused."""
        place = (witness.key, log.copy.file.origin)
        for _ in range(2):
            old_size = self._sizes.get(place, 0)
            sent = await self._threads.run(_submission, log, old_size)
            status, answer = await run_apart(self._send, witness.address, sent.body())
            if status == _OK:
                await self._threads.run(_keep, log, witness.key, sent.note, answer)
                self._sizes[place] = log.tree.size
                return None
            if status != _CONFLICT:
                return _REFUSALS.get(status, f"it answered {status}")
            self._sizes[place] = parse_size(answer.removesuffix("\n"))
            if self._sizes[place] > log.tree.size:
                # Another alert's copy is further: it gets the cosignature, or an older log was
                # put back, which the witness is there to notice.
                return f"it saw {self._sizes[place]:,} entries, here are {log.tree.size:,}"
            if self._sizes[place] == old_size:
                return _REFUSALS[422]
        return "it names another size each time"

    def _note(self, witness: NamedWitness, result: str, fault: str | None) -> None:
        metrics.WITNESSED.labels(result).inc()
        before = self._states[witness.key]
        if fault is not None and fault != before.fault:
            _log.warning("not cosigned", outcome=result, reason=fault)
        counts = {result: getattr(before, result) + 1}
        self._states[witness.key] = replace(before, fault=fault, **counts)


def _submission(log: Growing, old_size: int) -> Submission:
    """Return what is sent: the proof is made from the copy of the log."""
    file, size = log.copy.file, log.tree.size
    proof: list[bytes] = []
    if 0 < old_size < size:
        with file.path.open("rb") as stream:
            items = read_items(read_lines(stream))
            leaves = (leaf_hash(item.leaf) for item in items if isinstance(item, EntryLine))
            proof = consistency_proof(list(islice(leaves, size)), old_size)
    return Submission(old_size, tuple(proof), Note.parse(log.checkpoint))


def _keep(log: Growing, witness: VerifierKey, note: Note, answer: str) -> None:
    """Keep the cosignature that was answered, if it holds."""
    answered = Note.parse(f"{note.text}\n{answer}")
    lines = tuple(line for line in answered.signatures if line.is_by(witness))
    cosigned = Note(note.text, (*note.signatures, *lines))
    if not cosignatures(cosigned, (witness,)):
        raise ReceiptsError("it answered without a cosignature of its own")
    add_cosigned(cosigned_file(log.copy.file.path), cosigned)
