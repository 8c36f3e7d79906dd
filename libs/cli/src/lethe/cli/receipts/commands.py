"""`lethe receipts`: export, verify and show what purge told of its grants and their ends."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from lethe.cli.errors import one_line
from lethe.cli.home import find_home
from lethe.contracts.errors import InvalidInput
from lethe.receipts.command import EXIT_FAILED, EXIT_REFUTED
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.verifying import Verdict, Verifier

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Folder of a run, as given to --data there; the current folder without it.",
)


@click.group()
def receipts() -> None:
    """Export, verify and show receipts: signed claims of what was granted and forgotten."""


@receipts.command()
@click.argument("file", type=click.Path(path_type=Path))
@_DATA
def export(file: Path, data: Path) -> None:
    """Write the receipts of a run to one FILE, for people who don't trust this machine.

    It may go on meanwhile: each log is taken up to its last checkpoint. FILE can be verified with
    'lethe receipts verify', or without the rest of Lethe with 'lethe-receipts verify'.

    \b
    Example:
      lethe receipts export receipts.txt --data ./data
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.receipts.exporting import export as write  # noqa: PLC0415 - --help stays quick
    from lethe.cli.receipts.exporting import find_cosigned, find_logs  # noqa: PLC0415
    from lethe.cli.receipts.keys import receipts_verifier  # noqa: PLC0415

    verifier = receipts_verifier(find_home())
    logs = find_logs(data, _reading())
    made = write(logs, file.absolute(), verifier, find_cosigned(data))
    _done()
    click.echo(f"{file}: {made.entries:,} entries; logs: {made.logs:,}")
    if made.left_out:
        click.echo(f"{made.left_out:,} entries were too new to be signed; they are left out")
    click.echo(f"auditors verify it with --key '{verifier}'")


@receipts.command()
@click.argument("place", metavar="FILE|URL")
@click.option("--key", "signers", multiple=True, metavar="PUB",
              help="Verifier key that signed, or a file that holds it. Without it, the key of "
              "this machine.")  # fmt: skip
@click.option("--key-in-file", is_flag=True,
              help="Take the key that stands in FILE: anybody may have written it.")  # fmt: skip
@click.option("--witness-checkpoint", multiple=True, metavar="FILE",
              help="A checkpoint that somebody else kept: the log must hold it.")  # fmt: skip
@click.option("--witness-key", multiple=True, metavar="PUB",
              help="Verifier key of a witness whose cosignatures are checked.")  # fmt: skip
@click.option("--summary", is_flag=True, help="Print the sums of each deployment.")
def verify(
    place: str,
    signers: tuple[str, ...],
    *,
    key_in_file: bool,
    witness_checkpoint: tuple[str, ...],
    witness_key: tuple[str, ...],
    summary: bool,
) -> None:
    """Verify receipts: an exported file, or what the page at an address serves.

    Exit code 1: refuted, 2: something is wrong with the input, 3: the program failed.

    The first entry that doesn't hold is named. That everything holds doesn't prove that it is
    true: a receipt is a claim, signed so that it can be refuted.

    \b
    Examples:
      lethe receipts verify receipts.txt
      lethe receipts verify http://127.0.0.1:8080 --key receipts.vkey
      lethe receipts verify receipts.txt --key receipts.vkey --witness-checkpoint seen.txt
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.receipts.keys import receipts_verifier  # noqa: PLC0415 - --help stays quick
    from lethe.receipts.command import say, verified  # noqa: PLC0415
    from lethe.receipts.telling import summary_lines, verdict_lines  # noqa: PLC0415

    if key_in_file and signers:
        raise click.UsageError("--key and --key-in-file: take one of them")
    pinned = signers or (() if key_in_file else (str(receipts_verifier(find_home())),))
    verdict = _checked(
        lambda: verified(
            place,
            signers=None if key_in_file else pinned,
            witness_checkpoints=witness_checkpoint,
            witness_keys=witness_key,
            told=_counting(),
        )
    )
    say(verdict_lines(verdict, has_witness=bool(witness_checkpoint)))
    if summary:
        say(summary_lines(verdict.totals))


@receipts.command()
@_DATA
def show(data: Path) -> None:
    """Sum up the receipts of a run by deployment, after verifying them with this machine's key.

    \b
    Example:
      lethe receipts show --data ./data
    """  # noqa: D301 - click needs the backspace itself
    from lethe.cli.receipts.exporting import export_lines, find_logs  # noqa: PLC0415
    from lethe.cli.receipts.keys import receipts_verifier  # noqa: PLC0415 - --help stays quick
    from lethe.receipts.command import say  # noqa: PLC0415
    from lethe.receipts.telling import summary_lines, verdict_lines  # noqa: PLC0415

    verifier = receipts_verifier(find_home())
    logs = find_logs(data, _reading())
    pieces = export_lines(logs, verifier, {})
    verdict = _checked(lambda: Verifier([verifier], told=_counting()).verify(_lines(pieces)))
    say(verdict_lines(verdict, has_witness=False))
    say(summary_lines(verdict.totals))


def _checked(verify: Callable[[], Verdict]) -> Verdict:
    """Return a verdict, or end as one who found out that it doesn't hold."""
    try:
        return verify()
    except Refuted as error:
        click.echo(one_line(f"REFUTED: {error}"))
        raise click.exceptions.Exit(EXIT_REFUTED) from None
    except BadInput as error:
        raise InvalidInput(str(error)) from None
    except Exception as error:  # noqa: BLE001 - the exit code of any failure would say: refuted
        click.echo(f"the program failed: {type(error).__name__}", err=True)
        raise click.exceptions.Exit(EXIT_FAILED) from None
    finally:
        _done()


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Cut pieces into lines with their newlines."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
    if rest:
        yield rest


def _reading() -> Callable[[str], None]:
    return lambda name: _progress(f"reading {name}")


def _counting() -> Callable[[int], None]:
    return lambda count: _progress(f"{count:,} entries")


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{one_line(text)}", nl=False, err=True)


def _done() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
