"""Verifying an audit log, and writing it to a file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

from lethe.alert.audit.chain import AuditVerdict, ChainVerifier
from lethe.cli.audit.exports import HEADER, entry_line
from lethe.cli.audit.places import found_log
from lethe.contracts.errors import InvalidInput
from lethe.contracts.keys import AuditHead

_TOLD_EVERY = 10_000


async def verified(
    place: str, trust: Path, anchors: Iterable[AuditHead], told: Callable[[int], None]
) -> AuditVerdict:
    """Verify the audit log at a place.

    Parameters
    ----------
    place, trust
        See `found_log`.
    anchors
        Heads that somebody else kept.
    told
        Called with the number of entries so far, now and then.

    Raises
    ------
    Refuted
        At the first entry that doesn't hold.
    """
    verifier, count = ChainVerifier(anchors), 0
    async with found_log(place, trust) as found, aclosing(found) as entries:
        async for entry in entries:
            verifier.take(entry)
            count += 1
            if count % _TOLD_EVERY == 0:
                told(count)
    return verifier.conclude()


async def exported(place: str, trust: Path, file: Path) -> int:
    """Write the audit log at a place to a file, whole or not at all; return how many entries."""
    partial, count = file.with_name(f".{file.name}.partial"), 0
    try:
        # privacy: references of an audit log, nothing of a face
        with _writing(file), partial.open("wb") as stream:
            stream.write(HEADER)
            async with found_log(place, trust) as found, aclosing(found) as entries:
                async for entry in entries:
                    with _writing(file):
                        stream.write(entry_line(entry))
                    count += 1
        with _writing(file):
            partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"{file} can't be written: {error.strerror}") from None
