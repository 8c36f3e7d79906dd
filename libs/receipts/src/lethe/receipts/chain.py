"""How logs follow each other: each names the last checkpoint of the one before."""

from collections import defaultdict
from collections.abc import Collection

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.entries import TermBegun
from lethe.receipts.errors import Refuted


class Chain:
    """Follows the terms of every instance. Logs are seen one after the other."""

    def __init__(self) -> None:
        self._last_of: dict[str, Checkpoint] = {}
        self._logs: dict[str, Checkpoint | None] = {}
        self._terms: set[str] = set()
        self._claims: dict[str, list[TermBegun]] = defaultdict(list)
        self.remarks: list[str] = []

    def begin_log(self, origin: str) -> None:
        """Take that a log begins.

        Raises
        ------
        Refuted
            If it began before.
        """
        if origin in self._logs:
            raise Refuted("fork: this log stands in the file twice")
        self._logs[origin] = None

    def begin_term(self, said: TermBegun) -> None:
        """Check that a log follows the last one of its instance.

        Raises
        ------
        Refuted
            Naming a gap or a fork, or if another log is of the same term.
        """
        if said.term in self._terms:
            raise Refuted(f"another log in this file is of the term {said.term} too")
        self._terms.add(said.term)
        last = self._last_of.get(said.instance)
        if last is not None:
            _require_follows(said, last, self._logs.keys())
        elif (named := self._logs.get(said.predecessor_origin)) is not None:
            _require_same(said, named)
        elif said.predecessor_origin:
            self.remarks.append(
                f"{said.instance}: what came before {said.term} isn't in this file; "
                f"it follows entry {said.predecessor_size} of {said.predecessor_origin}"
            )
            self._claims[said.predecessor_origin].append(said)

    def end_log(self, instance: str, last: Checkpoint) -> None:
        """Take the last checkpoint of a log.

        Raises
        ------
        Refuted
            If a log before claimed to follow another version of it.
        """
        for claim in self._claims.pop(last.origin, ()):
            _require_same(claim, last)
        self._last_of[instance] = self._logs[last.origin] = last


def _require_follows(said: TermBegun, last: Checkpoint, origins: Collection[str]) -> None:
    named = said.predecessor_origin
    if not named:
        raise Refuted(f"gap: it names no predecessor, although {last.origin} came before")
    if named != last.origin:
        kind = "fork" if named in origins else "gap"
        why = (
            f"although {last.origin} came after that"
            if kind == "fork"
            else f"which isn't in this file; {last.origin} came before"
        )
        raise Refuted(f"{kind}: it follows {named}, {why}")
    _require_same(said, last)


def _require_same(said: TermBegun, last: Checkpoint) -> None:
    named = said.predecessor_origin
    if said.predecessor_size < last.size:
        raise Refuted(
            f"fork: it follows entry {said.predecessor_size} of {named}, which has {last.size}"
        )
    if said.predecessor_size > last.size:
        raise Refuted(
            f"gap: it follows entry {said.predecessor_size} of {named}, which ends at {last.size}"
        )
    if said.predecessor_root != last.root.hex():
        raise Refuted(f"fork: it follows another {named} than the one in this file")
