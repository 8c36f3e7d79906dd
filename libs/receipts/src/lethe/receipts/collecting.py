"""Several logs in one file, as it is handed on: each up to a checkpoint."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from mmap import ACCESS_READ, mmap
from pathlib import Path

from lethe.receipts.cosigned import merged
from lethe.receipts.exports import checkpoint_block, header
from lethe.receipts.notes import Note, VerifierKey

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


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes of a file from one place to another, or those that stand in their place."""

    path: Path
    begin: int
    end: int
    instead: bytes = field(default=b"", repr=False)

    @property
    def length(self) -> int:
        return len(self.instead) or self.end - self.begin


class Collection:
    """One file of several logs, as they are now: what is appended to them later isn't in it.

    Parameters
    ----------
    cosigned
        Gives cosigned checkpoints of a log, as signed notes. They stand in the place of those of
        the log, where it has them.
    """

    def __init__(
        self,
        logs: Iterable[LogFile],
        signers: Iterable[VerifierKey],
        cosigned: Callable[[LogFile], Iterable[str]] = lambda _log: (),
    ) -> None:
        self._head = header(signers)
        self._spans = [span for log in logs for span in _spans(log, cosigned(log))]

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return len(self._head) + sum(span.length for span in self._spans)

    def pieces(self) -> Iterator[bytes]:
        """Give it in pieces."""
        yield self._head
        for span in self._spans:
            if span.instead:
                yield span.instead
            else:
                yield from _read(span)


def _spans(log: LogFile, cosigned: Iterable[str]) -> Iterator[_Span]:
    """Part a log where cosigned checkpoints stand in the place of its own."""
    at = log.head_bytes
    notes = merged(cosigned)
    if notes and at < log.covered_bytes:
        with (
            log.path.open("rb") as stream,
            mmap(stream.fileno(), log.covered_bytes, access=ACCESS_READ) as content,
        ):
            for note in notes:
                own = checkpoint_block(Note(note.text, note.signatures[:1]))
                found = content.find(own, at)
                if found >= 0:
                    yield _Span(log.path, at, found)
                    at = found + len(own)
                    yield _Span(log.path, found, at, checkpoint_block(note))
    yield _Span(log.path, at, log.covered_bytes)


def _read(span: _Span) -> Iterator[bytes]:
    with span.path.open("rb") as stream:
        stream.seek(span.begin)
        left = span.end - span.begin
        while left > 0 and (chunk := stream.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)
            yield chunk


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
