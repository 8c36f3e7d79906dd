"""Reading in the logs of receipts that alert keeps: entries in words, and whether a log holds."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from lethe.alert.receipt_copies import Kept
from lethe.receipts.collecting import Collection, LogFile
from lethe.receipts.entry import Entry
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import lines_in, read_lines
from lethe.receipts.notes import VerifierKey
from lethe.receipts.parsing import parse_entry
from lethe.receipts.verifying import Verdict, Verifier

_OF_SLOTS = b'"kind":"slot-'


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry, and its place in its log, from 1 on."""

    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Page:
    """Entries of a log, the newest last; `is_first` if none comes before them."""

    entries: tuple[Numbered, ...]
    is_first: bool


def read_page(log: LogFile, before: int, limit: int, *, with_slots: bool) -> Page:
    """Return the last entries that come before a number; blocks.

    Parameters
    ----------
    before
        0 for the end of what is signed.
    with_slots
        Whether those of single slots are wanted too, which are nearly all there are.
    """
    wanted: deque[tuple[int, bytes]] = deque(maxlen=limit)
    passed = 0
    for number, leaf in enumerate(_leaves(log), start=1):
        if before and number >= before:
            break
        if with_slots or _OF_SLOTS not in leaf:
            wanted.append((number, leaf))
            passed += 1
    entries = tuple(Numbered(number, parse_entry(leaf)) for number, leaf in wanted)
    return Page(entries, is_first=passed <= limit)


def _leaves(log: LogFile) -> Iterator[bytes]:
    with log.path.open("rb") as stream:
        left = log.covered_bytes
        for line in read_lines(stream):
            left -= len(line)
            if left < 0:
                return
            if line.startswith(b"{"):
                yield line[:-1]


@dataclass(frozen=True, slots=True)
class Verified:
    """What verifying a log showed.

    Attributes
    ----------
    entries
        How many hold.
    refuted
        What doesn't hold, with the number of the entry; empty if all does.
    pinned
        By deployment, whether its order names the key that signs; None where it names none.
    """

    entries: int
    refuted: str = ""
    pinned: dict[str, bool | None] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


def verify_log(log: LogFile, signer: VerifierKey, key_fingerprint: str) -> Verified:
    """Verify a log by itself, with the key that alert was sent with it; blocks."""
    try:
        lines = lines_in(Collection([log], [signer]).pieces())
        verdict = Verifier([signer]).verify(lines)
    except ReceiptsError as error:
        return Verified(0, str(error))
    return Verified(
        verdict.entries,
        pinned=_pinned(verdict, key_fingerprint),
        remarks=tuple(verdict.remarks),
    )


def _pinned(verdict: Verdict, key_fingerprint: str) -> dict[str, bool | None]:
    orders = {name: each.order for name, each in verdict.totals.items() if each.order}
    return {
        name: order.receipts_key == key_fingerprint if order.receipts_key else None
        for name, order in orders.items()
    }


def log_named(kept: Kept, origin: str) -> LogFile | None:
    """Return a log by its name, the newest of all for none; None if there is none."""
    found = [file for file in kept.files if not origin or file.origin == origin]
    return found[-1] if found else None


def signer_of(kept: Kept, log: LogFile) -> VerifierKey | None:
    """Return the key that signs a log."""
    return next((key for key in kept.signers if log.origin.startswith(f"{key.name}/")), None)
