"""The audit log as a chain: every entry names the hash of the one before it.

An entry is one line of canonical JSON. Its hash is over all of it, so that whoever changes, drops,
inserts or moves an entry has to rewrite all that follow; and whoever rewrites all of them is found
out by the hash of a later entry that somebody else kept: purge anchors it in its receipts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from lethe.alert.audit.deeds import LONGEST_TEXT, Actor, Deed
from lethe.contracts.errors import InvalidInput
from lethe.contracts.keys import AuditHead
from lethe.receipts.canonical import LONGEST_LINE, decode, encode
from lethe.receipts.errors import BadInput, Refuted

_LABEL = b"lethe audit v1\0"
_VERSION = 2
"""In entries of version 1 the reason is the text itself."""
_NAME_DIGITS = 16


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry as it is kept: its line, and the hash that the next one names."""

    line: str
    digest: str

    def said(self) -> dict[str, object]:
        """Return what it says.

        Raises
        ------
        BadInput
            If it isn't canonical JSON.
        """
        return decode(self.line.encode("utf-8", "replace"))


EMPTY = AuditHead(log="", size=0, digest="0" * 64)
"""The head of a log without entries, which has no name yet either."""


def log_name(first_digest: str) -> str:
    """Return the name of a log, which is that of its first entry: no other log has it."""
    return first_digest[:_NAME_DIGITS]


def head_behind(head: AuditHead, entry: SealedEntry) -> AuditHead:
    """Return the head after another entry."""
    log = head.log or log_name(entry.digest)
    return AuditHead(log=log, size=head.size + 1, digest=entry.digest)


def following(head: AuditHead, deed: Deed, actor: Actor, at_us: int) -> SealedEntry:
    """Return the entry of a deed that comes behind a head.

    Raises
    ------
    InvalidInput
        If what it is on is named at too great a length.
    """
    said = {
        "v": _VERSION,
        "number": head.size + 1,
        "at_us": at_us,
        "who": actor.name[:LONGEST_TEXT],
        "roles": list(actor.roles),
        "act": deed.act.value,
        "records": list(deed.records),
        "why": deed.why,
        "reason": "" if actor.reason is None else actor.reason.commitment,
        "previous": head.digest,
    }
    line = encode(said)
    if len(line) > LONGEST_LINE:
        raise InvalidInput("the names of what this is about are too long to be audited")
    return SealedEntry(line.decode(), _digest(line))


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What was verified, when all of it holds.

    Attributes
    ----------
    head
        The last entry.
    anchored
        Up to which entry the log is the one whose heads somebody else kept; 0 for none.
    others
        Of how many other logs heads were kept: a log that was thrown away is one of them.
    """

    head: AuditHead
    anchored: int
    others: int


class ChainVerifier:
    """Verifies a log entry by entry.

    Parameters
    ----------
    anchors
        Heads that somebody else kept. Those of other logs say nothing about this one.
    """

    def __init__(self, anchors: Iterable[AuditHead] = ()) -> None:
        self._head = EMPTY
        self._missing: str | None = None
        self._anchored: dict[str, dict[int, set[str]]] = {}
        for anchor in anchors:
            of_log = self._anchored.setdefault(anchor.log, {})
            of_log.setdefault(anchor.size, set()).add(anchor.digest)

    def take(self, entry: SealedEntry) -> None:
        """Take the next entry.

        Raises
        ------
        Refuted
            If it doesn't hold; its number is in the text.
        """
        expected = self._head.size + 1
        if self._missing is not None:
            if _number(entry) == expected:
                raise Refuted(f"entry {expected} was moved: {self._missing}")
            return
        said = _read(entry, expected)
        number = said.get("number")
        if type(number) is not int:
            raise Refuted(f"entry {expected} was altered: it has no number")
        if number < expected:
            raise Refuted(f"entry {number} stands behind entry {expected - 1}: inserted or moved")
        if number > expected:
            # Whether it comes later on tells one that was moved from one that was dropped.
            self._missing = f"entry {number} stands in its place"
            return
        if said.get("previous") != self._head.digest:
            raise Refuted(
                f"entry {expected} doesn't follow entry {expected - 1}: one of them was replaced"
            )
        self._head = head_behind(self._head, entry)
        self._require_anchored()

    def conclude(self) -> AuditVerdict:
        """Return what was verified, after the last entry.

        Raises
        ------
        Refuted
            If entries are missing; the number of the first is in the text.
        """
        missing = self._head.size + 1
        if self._missing is not None:
            raise Refuted(f"entry {missing} was dropped: {self._missing}")
        if self._anchored and self._head.size == 0:
            most = max(max(of_log) for of_log in self._anchored.values())
            raise Refuted(f"every entry was cut off: {most} were anchored")
        of_log = self._anchored.get(self._head.log, {})
        if self._anchored and not of_log:
            raise Refuted("another audit log was anchored, and nothing of this one")
        longest = max(of_log, default=0)
        if longest >= missing:
            raise Refuted(f"entry {missing} and what follows was cut off: {longest} were anchored")
        return AuditVerdict(self._head, longest, len(self._anchored.keys() - {self._head.log}))

    def _require_anchored(self) -> None:
        of_log = self._anchored.get(self._head.log, {})
        if of_log.get(self._head.size, set()) - {self._head.digest}:
            raise Refuted(
                f"entry {self._head.size} isn't the one that was anchored: it or one before it "
                "was rewritten"
            )


def _read(entry: SealedEntry, expected: int) -> dict[str, object]:
    try:
        said = entry.said()
    except BadInput as error:
        raise Refuted(f"entry {expected} was altered: {error}") from None
    if _digest(entry.line.encode("utf-8", "replace")) != entry.digest:
        raise Refuted(f"entry {expected} was altered: it doesn't have the hash beside it")
    return said


def _number(entry: SealedEntry) -> object:
    try:
        return entry.said().get("number")
    except BadInput:
        return None


def _digest(line: bytes) -> str:
    return sha256(_LABEL + line).hexdigest()
