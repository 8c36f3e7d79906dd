"""Verifying an audit log, and writing it to a file."""

from collections.abc import Callable, Iterable
from contextlib import aclosing
from pathlib import Path

from lethe.alert.audit.chain import AuditVerdict, ChainVerifier
from lethe.cli.audit.exports import HEADER, entry_line
from lethe.cli.audit.places import found_log
from lethe.cli.whole_file import whole_file
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
    count = 0
    async with found_log(place, trust) as found, aclosing(found) as entries:
        with whole_file(file) as stream:
            stream.write(HEADER)
            async for entry in entries:
                stream.write(entry_line(entry))
                count += 1
    return count
