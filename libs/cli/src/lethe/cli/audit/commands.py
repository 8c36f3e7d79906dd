"""`lethe audit`: who did what with personal data; verified, and handed on."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lethe.cli import options
from lethe.cli.errors import one_line
from lethe.cli.home import find_home
from lethe.contracts.errors import InvalidInput
from lethe.receipts.command import EXIT_REFUTED
from lethe.receipts.errors import BadInput, Refuted

if TYPE_CHECKING:
    from lethe.alert.audit.chain import AuditVerdict
    from lethe.contracts.keys import AuditHead

_PLACE = click.argument("place", metavar="FILE|DATABASE|URL")


@click.group()
def audit() -> None:
    """Verify and export the audit log: who did what with personal data, when and why."""


@audit.command()
@_PLACE
@click.option("--receipts", metavar="FILE|URL", help="Receipts in which purge anchored its heads.")
@click.option("--key", "signers", multiple=True, metavar="PUB",
              help="Verifier key of the receipts, or a file that holds it; this machine's own "
              "without it.")  # fmt: skip
@options.trust
def verify(place: str, receipts: str | None, signers: tuple[str, ...], trust: Path | None) -> None:
    """Verify an audit log: an exported file, a database of alert, or what alert serves.

    The first entry that was altered, dropped, inserted or moved is named. Receipts tell besides
    whether entries were cut off at the end, or all of them written anew. The password of a
    database is taken from LETHE_DATABASE_PASSWORD.

    Exit code 1: refuted, 2: something is wrong with the input.

    \b
    Examples:
      lethe audit verify audit.txt --receipts receipts.txt --key receipts.vkey
      lethe audit verify data/alert/database/alerts.sqlite
      lethe audit verify postgresql+asyncpg://lethe@db/lethe --receipts http://127.0.0.1:8080
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.audit.reading import verified  # noqa: PLC0415 - --help stays quick

    try:
        anchors = _anchors(receipts, signers) if receipts else []
        verdict = asyncio.run(verified(place, trust or find_home().trust, anchors, _counting()))
    except Refuted as error:
        click.echo(one_line(f"REFUTED: {error}"))
        raise click.exceptions.Exit(EXIT_REFUTED) from None
    except BadInput as error:
        raise InvalidInput(str(error)) from None
    finally:
        _done()
    for line in _told(verdict, has_receipts=receipts is not None):
        click.echo(one_line(line))


@audit.command()
@_PLACE
@click.argument("file", type=click.Path(path_type=Path))
@options.trust
def export(place: str, file: Path, trust: Path | None) -> None:
    """Write an audit log to FILE, for an auditor; alert may run meanwhile.

    \b
    Examples:
      lethe audit export http://127.0.0.1:8080 audit.txt
      lethe audit export data/alert/database/alerts.sqlite audit.txt
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.audit.reading import exported  # noqa: PLC0415 - --help stays quick

    count = asyncio.run(exported(place, trust or find_home().trust, file.absolute()))
    click.echo(one_line(f"{file}: {count:,} entries"))


def _anchors(place: str, signers: tuple[str, ...]) -> "list[AuditHead]":
    from lethe.cli.receipts.keys import receipts_verifier  # noqa: PLC0415 - as above
    from lethe.contracts.keys import AuditHead  # noqa: PLC0415
    from lethe.receipts.command import verified  # noqa: PLC0415

    pinned = signers or (str(receipts_verifier(find_home())),)
    try:
        anchors = verified(place, signers=pinned).anchors
    except Refuted as error:
        raise Refuted(f"the receipts themselves don't hold: {error}") from None
    return [AuditHead(log=log, size=size, digest=head) for log, size, head in sorted(anchors)]


def _told(verdict: "AuditVerdict", *, has_receipts: bool) -> list[str]:
    head = verdict.head
    if head.size == 0:
        return ["WARNING: there is no entry; receipts tell whether there ever was one"]
    lines = [f"good: {head.size:,} entries of the audit log {head.log}; head {head.digest}"]
    if not has_receipts:
        lines.append("note: without --receipts, entries cut off at the end can't be noticed")
    elif verdict.anchored == 0:
        lines.append("WARNING: these receipts anchor no audit log")
    else:
        lines.append(f"anchored in the receipts up to entry {verdict.anchored:,}")
    if verdict.others:
        lines.append(f"note: audit logs that these receipts anchor besides: {verdict.others}")
    return lines


def _counting() -> Callable[[int], None]:
    def told(count: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{count:,} entries", nl=False, err=True)

    return told


def _done() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
