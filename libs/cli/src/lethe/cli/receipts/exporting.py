"""Collecting the logs of receipts under a data folder into one file, also while they grow."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput
from lethe.receipts.canonical import decode
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.exports import header
from lethe.receipts.notes import VerifierKey
from lethe.receipts.stored import FOLDER, SUFFIX, StoredLog, read_stored

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log on the disk, and how far it is whole."""

    path: Path
    stored: StoredLog
    begun_ms: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds, and how many entries it leaves out for want of a checkpoint."""

    logs: int
    entries: int
    left_out: int


def find_logs(data: Path, told: Callable[[str], None]) -> list[FoundLog]:
    """Return the logs of every purge under a data folder, in the order in which terms began.

    Parameters
    ----------
    told
        Called with the name of each log before it is read.

    Raises
    ------
    InvalidInput
        If there is none, or one can't be read.
    """
    paths = sorted({*data.glob(f"{FOLDER}/*{SUFFIX}"), *data.glob(f"*/{FOLDER}/*{SUFFIX}")})
    if not paths:
        raise InvalidInput(f"no receipts under {data}; name the folder of a run with --data")
    found = []
    for path in paths:
        told(path.name)
        try:
            found.append(_found(path))
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror}") from None
    whole = [each for each in found if each.stored.last is not None]
    if not whole:
        raise InvalidInput(f"the receipts under {data} have no checkpoint yet; try again")
    return _in_order(whole)


def export_lines(logs: Iterable[FoundLog], signer: VerifierKey | None) -> Iterator[bytes]:
    """Give one file of several logs, in pieces; each log up to its last checkpoint."""
    yield header([signer] if signer else [])
    for each in logs:
        with each.path.open("rb") as stream:
            stream.seek(each.stored.head_bytes)
            left = each.stored.covered_bytes - each.stored.head_bytes
            while left > 0 and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                left -= len(chunk)
                yield chunk


def export(logs: list[FoundLog], file: Path, signer: VerifierKey | None) -> Exported:
    """Write one file of several logs: whole, or not at all.

    Raises
    ------
    InvalidInput
        If it can't be written.
    """
    try:
        descriptor, partial = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                for piece in export_lines(logs, signer):
                    stream.write(piece)
            # What it holds is meant to be handed on.
            Path(partial).chmod(0o644)
            Path(partial).replace(file)
        except BaseException:
            with suppress(OSError):
                Path(partial).unlink()
            raise
    except OSError as error:
        raise InvalidInput(f"{file} can't be written: {error.strerror}") from None
    covered = sum(each.stored.last.size for each in logs if each.stored.last)
    return Exported(len(logs), covered, sum(each.stored.unsigned for each in logs))


def _in_order(found: Iterable[FoundLog]) -> list[FoundLog]:
    """Order logs: those of one folder as they are numbered, those of several by when they began.

    A clock may have been set back between two terms: a log never counts as earlier than the one
    before it.
    """
    begun: dict[Path, int] = {}
    keyed = []
    for each in sorted(found, key=lambda each: each.path):
        folder = each.path.parent
        begun[folder] = max(begun.get(folder, 0), each.begun_ms)
        keyed.append((begun[folder], each.path, each))
    return [each for _, _, each in sorted(keyed, key=lambda each: each[:2])]


def _found(path: Path) -> FoundLog:
    with path.open("rb") as stream:
        stored = read_stored(stream)
        stream.seek(stored.head_bytes)
        stream.readline()
        return FoundLog(path, stored, _begun_ms(stream.readline()))


def _begun_ms(line: bytes) -> int:
    """Return when a log began, by its first entry; 0 if that can't be told."""
    try:
        at_ms = decode(line.rstrip(b"\n")).get("at_ms")
    except ReceiptsError:
        return 0
    return at_ms if isinstance(at_ms, int) else 0
