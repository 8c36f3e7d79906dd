"""Collecting the logs of receipts under a data folder into one file, also while they grow."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput
from lethe.receipts.collecting import Collection, LogFile, in_order
from lethe.receipts.cosigned import SUFFIX as COSIGNED
from lethe.receipts.cosigned import read_cosigned
from lethe.receipts.notes import VerifierKey
from lethe.receipts.stored import FOLDER, SUFFIX, StoredLog, read_stored


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log on the disk, and how far it is whole."""

    file: LogFile
    stored: StoredLog


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
    by_file = {each.file: each for each in whole}
    return [by_file[file] for file in in_order(by_file, lambda file: file.path.parent)]


def export_lines(
    logs: Iterable[FoundLog], signer: VerifierKey | None, cosigned: Mapping[str, list[str]]
) -> Iterator[bytes]:
    """Give one file of several logs, in pieces; each log up to its last checkpoint.

    Parameters
    ----------
    cosigned
        As `find_cosigned` returns it.
    """
    signers = [signer] if signer else []
    files = [each.file for each in logs]
    return Collection(files, signers, lambda log: cosigned.get(log.origin, [])).pieces()


def find_cosigned(data: Path) -> dict[str, list[str]]:
    """Return the cosigned checkpoints that alert keeps under a data folder, by origin of the log.

    Raises
    ------
    InvalidInput
        If one can't be read.
    """
    below = f"{FOLDER}/of-*/*{COSIGNED}"
    found: dict[str, list[str]] = {}
    for path in sorted({*data.glob(below), *data.glob(f"*/{below}")}):
        try:
            for note in read_cosigned(path):
                found.setdefault(note.partition("\n")[0], []).append(note)
        except OSError as error:
            raise InvalidInput(f"{path}: {error.strerror}") from None
    return found


def export(
    logs: list[FoundLog],
    file: Path,
    signer: VerifierKey | None,
    cosigned: Mapping[str, list[str]],
) -> Exported:
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
                for piece in export_lines(logs, signer, cosigned):
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


def _found(path: Path) -> FoundLog:
    with path.open("rb") as stream:
        stored = read_stored(stream)
    return FoundLog(
        LogFile(path, stored.origin, stored.begun_ms, stored.head_bytes, stored.covered_bytes),
        stored,
    )
