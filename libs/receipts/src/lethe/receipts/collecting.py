"""Several logs in one file, as it is handed on: each up to a checkpoint."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lethe.receipts.exports import header
from lethe.receipts.notes import VerifierKey

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log on the disk, and what of it is handed on.

    Attributes
    ----------
    begun_ms
        When its first entry says that it began.
    head_bytes, covered_bytes
        Where its `log` line begins, and where its last checkpoint ends.
    """

    path: Path
    origin: str
    begun_ms: int
    head_bytes: int
    covered_bytes: int


def collected(logs: Iterable[LogFile], signers: Iterable[VerifierKey]) -> Iterator[bytes]:
    """Give one file of several logs, in pieces."""
    yield header(signers)
    for each in logs:
        with each.path.open("rb") as stream:
            stream.seek(each.head_bytes)
            left = each.covered_bytes - each.head_bytes
            while left > 0 and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk


def collected_bytes(logs: Iterable[LogFile], signers: Iterable[VerifierKey]) -> int:
    """Return how long that file is."""
    return len(header(signers)) + sum(each.covered_bytes - each.head_bytes for each in logs)


def in_order(found: Iterable[LogFile], chain: Callable[[LogFile], Hashable]) -> list[LogFile]:
    """Order logs: those of one chain by their files' names, those of several by when they began.

    A clock may have been set back between two terms: a log never counts as earlier than the one
    before it.

    Parameters
    ----------
    chain
        Names the instance whose log it is.
    """
    begun: dict[Hashable, int] = {}
    keyed = []
    for each in sorted(found, key=lambda each: each.path):
        name = chain(each)
        begun[name] = max(begun.get(name, 0), each.begun_ms)
        keyed.append((begun[name], each.path, each))
    return [each for _, _, each in sorted(keyed, key=lambda each: each[:2])]
