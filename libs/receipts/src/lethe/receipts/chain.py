"""How logs follow each other: each names the last checkpoint of the one before."""

from dataclasses import dataclass

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.entries import TermBegun
from lethe.receipts.errors import Refuted


@dataclass(slots=True)
class _Line:
    """The logs of one instance so far."""

    last: Checkpoint | None = None


class Chain:
    """Follows the terms of every instance. Logs are seen one after the other."""

    def __init__(self) -> None:
        self._instances: dict[str, _Line] = {}
        self._origins: set[str] = set()
        self.remarks: list[str] = []

    def begin_log(self, origin: str) -> None:
        """Take that a log begins.

        Raises
        ------
        Refuted
            If it began before.
        """
        if origin in self._origins:
            raise Refuted("fork: this log stands in the file twice")
        self._origins.add(origin)

    def begin_term(self, said: TermBegun) -> None:
        """Check that a log follows the last one of its instance.

        Raises
        ------
        Refuted
            Naming a gap or a fork.
        """
        line = self._instances.setdefault(said.instance, _Line())
        if line.last is not None:
            _require_follows(said, line.last, self._origins)
        elif said.predecessor_origin:
            self.remarks.append(
                f"{said.instance}: what came before {said.term} isn't in this file; "
                f"it follows entry {said.predecessor_size} of {said.predecessor_origin}"
            )

    def end_log(self, instance: str, last: Checkpoint) -> None:
        """Take the last checkpoint of a log."""
        self._instances.setdefault(instance, _Line()).last = last


def _require_follows(said: TermBegun, last: Checkpoint, origins: set[str]) -> None:
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
