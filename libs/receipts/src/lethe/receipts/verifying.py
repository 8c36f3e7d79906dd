"""Verifying a file of receipts as a stream: at the first thing that doesn't hold it ends."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from lethe.receipts.chain import Chain
from lethe.receipts.checkpoints import Checkpoint, signed_by_one
from lethe.receipts.cosignatures import cosignatures
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.exports import (
    CheckpointNote,
    EntryLine,
    Item,
    KeyNamed,
    LogBegun,
    read_items,
)
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import Note, VerifierKey
from lethe.receipts.origins import fingerprint
from lethe.receipts.parsing import parse_entry
from lethe.receipts.rules import LogRules, Shared
from lethe.receipts.totals import Totals
from lethe.receipts.witnessed import Witnessed

PROGRESS_EVERY = 10_000

MOST_UNSIGNED = 10_000
"""Entries that are read without a checkpoint behind them: nothing vouches for them yet."""

MOST_KEYS = 64
EARLIEST_MS = 1_577_836_800_000
"""The year 2020: no receipt is older, but a machine whose clock was never set begins in 1970."""

MOST_AHEAD_MS = 86_400_000
_MINUTE_OF_SLOTS = 300
_DOUBTFUL_SHARE = 0.1


@dataclass(slots=True)
class Verdict:
    """What was verified, when all of it holds.

    Attributes
    ----------
    totals
        By deployment; enrolment has the empty name.
    remarks
        What isn't wrong and should be known, a line each.
    keys_of_file
        Keys that stand in the file; they were used only if `trusts_file` is set.
    unwitnessed
        Logs whose end no witness saw: origin, how many entries one did, how many there are. Logs
        that a witnessed one follows are witnessed.
    anchors
        Heads of audit logs: name, size, hash.
    """

    logs: int = 0
    entries: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    unclosed: int = 0
    unended: int = 0
    trusts_file: bool = False
    signers: tuple[VerifierKey, ...] = ()
    keys_of_file: list[VerifierKey] = field(default_factory=list)
    totals: dict[str, Totals] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    unwitnessed: list[tuple[str, int, int]] = field(default_factory=list)
    anchors: set[tuple[str, int, str]] = field(default_factory=set)

    @property
    def granted(self) -> int:
        """How many slots were granted."""
        return sum(each.granted for each in self.totals.values())

    @property
    def is_doubtful(self) -> bool:
        """Whether more slots have no end than crashes and stops leave."""
        is_share = self.unclosed > _DOUBTFUL_SHARE * self.granted
        return is_share and self.unclosed > _MINUTE_OF_SLOTS


@dataclass(slots=True)
class _Log:
    origin: str
    rules: LogRules
    tree: Frontier = field(default_factory=Frontier)
    last: Checkpoint | None = None

    @property
    def unsigned(self) -> int:
        return self.tree.size - (self.last.size if self.last else 0)


class Verifier:
    """Verifies one file.

    Parameters
    ----------
    signers
        The keys whose checkpoints count. None takes those that stand in the file: that shows
        that the file is whole, and nothing of who wrote it.
    witnessed
        What witnesses saw, checked already.
    witnesses
        Keys of witnesses whose cosignatures in the file are checked.
    told
        Called with the number of entries so far, now and then.
    now_ms
        The present time, UTC in milliseconds; this machine's if it isn't given.
    """

    def __init__(
        self,
        signers: Sequence[VerifierKey] | None,
        *,
        witnessed: Iterable[Checkpoint] = (),
        witnesses: Iterable[VerifierKey] = (),
        told: Callable[[int], None] | None = None,
        now_ms: int | None = None,
    ) -> None:
        trusts_file = signers is None
        self._verdict = Verdict(trusts_file=trusts_file, signers=tuple(signers or ()))
        self._chain = Chain()
        self._shared = Shared(self._chain, self._verdict.totals, anchors=self._verdict.anchors)
        self._witnessed = Witnessed(witnessed)
        self._witnesses = tuple(witnesses)
        self._told = told
        self._latest_ms = MOST_AHEAD_MS + (
            time.time_ns() // 1_000_000 if now_ms is None else now_ms
        )
        self._log: _Log | None = None
        self._blamed: str | None = None

    def verify(self, lines: Iterable[bytes]) -> Verdict:
        """Verify lines with their newlines.

        Raises
        ------
        BadInput
            If this is no file of receipts, or there is no key to verify it with.
        Refuted
            At the first entry that doesn't hold; its number is in the text.
        """
        try:
            for item in read_items(lines):
                self._take(item)
            self._finish_log()
        except Refuted as error:
            raise Refuted(f"{self._place()}: {error}") from None
        if not self._verdict.logs:
            raise BadInput("this file has no log in it")
        self._witnessed.require_all_seen()
        return self._concluded()

    def _take(self, item: Item) -> None:
        if isinstance(item, EntryLine):
            self._entry(item.leaf)
        elif isinstance(item, CheckpointNote):
            self._checkpoint(item.note)
        elif isinstance(item, LogBegun):
            self._finish_log()
            self._begin_log(item.origin)
        else:
            self._key(item)

    def _key(self, item: KeyNamed) -> None:
        if self._log is not None:
            raise Refuted("a key stands behind the beginning of a log")
        if len(self._verdict.keys_of_file) >= MOST_KEYS:
            raise Refuted(f"more than {MOST_KEYS} keys")
        self._verdict.keys_of_file.append(VerifierKey.parse(item.text))

    def _begin_log(self, origin: str) -> None:
        if self._verdict.trusts_file:
            self._verdict.signers = tuple(self._verdict.keys_of_file)
        if not self._verdict.signers:
            raise BadInput("there is no key in the file; give one")
        self._log = _Log(origin, LogRules(origin, self._shared))
        self._chain.begin_log(origin)
        self._verdict.logs += 1

    def _entry(self, leaf: bytes) -> None:
        log = self._require_log()
        if log.unsigned >= MOST_UNSIGNED:
            raise Refuted(f"no checkpoint covers the {MOST_UNSIGNED:,} entries before it")
        try:
            entry = parse_entry(leaf)
            self._require_plausible(entry.at_ms)
            log.rules.take(entry)
        except BadInput as error:
            raise Refuted(str(error)) from None
        log.tree.append(leaf)
        self._blamed = f"entry {log.tree.size}"
        self._witnessed.look(log.origin, log.tree)
        self._blamed = None
        self._verdict.entries += 1
        if self._told is not None and self._verdict.entries % PROGRESS_EVERY == 0:
            self._told(self._verdict.entries)

    def _require_plausible(self, at_ms: int) -> None:
        if at_ms < EARLIEST_MS:
            raise Refuted("its time lies before 2020: its writer's clock wasn't set")
        if at_ms > self._latest_ms:
            raise Refuted(
                "its time lies more than a day ahead: its writer's clock was wrong, or this "
                "machine's is"
            )

    def _checkpoint(self, text: str) -> None:
        log = self._require_log()
        self._blamed = f"checkpoint behind entry {log.tree.size}"
        try:
            note = Note.parse(text)
            checkpoint, signer = signed_by_one(note, self._verdict.signers)
        except BadInput as error:
            raise Refuted(f"the signed checkpoint was altered or cut: {error}") from None
        if checkpoint.origin != log.origin or not log.origin.startswith(f"{signer.name}/"):
            raise Refuted("the checkpoint is that of another log")
        self._require_matches(checkpoint, log)
        self._require_pinned(signer, log)
        self._verdict.checkpoints += 1
        self._verdict.cosignatures += len(cosignatures(note, self._witnesses))
        log.last = checkpoint
        self._blamed = None

    def _require_matches(self, checkpoint: Checkpoint, log: _Log) -> None:
        if checkpoint.size != log.tree.size:
            raise Refuted(
                f"the checkpoint is that of {checkpoint.size} entries and stands behind "
                f"{log.tree.size}: entries were dropped, inserted or moved"
            )
        if checkpoint.root != log.tree.root():
            first = 1 + (log.last.size if log.last else 0)
            raise Refuted(
                f"entries {first} to {log.tree.size} aren't those that were signed: one of them "
                "was changed, dropped, inserted or moved"
            )

    def _require_pinned(self, signer: VerifierKey, log: _Log) -> None:
        for deployment, pinned in log.rules.pinned.items():
            if pinned != fingerprint(signer.public):
                raise Refuted(
                    f"the order of {deployment} pins another key than the one that signed"
                )

    def _finish_log(self) -> None:
        log = self._log
        if log is None:
            return
        if log.rules.begun is None or log.last is None or log.unsigned:
            self._blamed = f"entry {1 + (log.last.size if log.last else 0)}"
            raise Refuted("no checkpoint covers it")
        self._chain.end_log(log.rules.begun.instance, log.last)
        self._witnessed.end_log(log.rules.begun.instance, log.last)
        self._verdict.unended += not log.rules.ended
        log.rules.leave()
        self._log = None

    def _require_log(self) -> _Log:
        if self._log is None:
            raise Refuted("it stands before the beginning of a log")
        return self._log

    def _place(self) -> str:
        if self._log is None:
            return "before the first log"
        return f"log {self._log.origin}, {self._blamed or f'entry {self._log.tree.size + 1}'}"

    def _concluded(self) -> Verdict:
        verdict = self._verdict
        verdict.unclosed = len(self._shared.left_open)
        verdict.remarks += self._chain.remarks
        verdict.unwitnessed = self._witnessed.unwitnessed()
        if verdict.unended:
            verdict.remarks.append(
                f"terms without an end: {verdict.unended} (purge died in them or still runs)"
            )
        if verdict.unclosed:
            verdict.remarks.append(
                f"slots whose end is told nowhere: {verdict.unclosed:,} of {verdict.granted:,} "
                "(granted within the last minute of a log)"
            )
        return verdict
