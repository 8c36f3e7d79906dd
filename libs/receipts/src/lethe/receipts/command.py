"""`lethe-receipts`: verifying receipts, and witnessing them, without the rest of Lethe."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lethe.receipts.checkpoints import require_log
from lethe.receipts.cosignatures import require_witness
from lethe.receipts.errors import BadInput, Refuted
from lethe.receipts.exports import read_lines
from lethe.receipts.opening import named_verifier, opened, read_note, served_at
from lethe.receipts.telling import summary_lines, verdict_lines
from lethe.receipts.verifying import Verdict, Verifier
from lethe.receipts.witness_command import ABOUT, run_witness
from lethe.receipts.witnessed import witnessed_checkpoints

EXIT_GOOD = 0
EXIT_REFUTED = 1
EXIT_INPUT = 2
EXIT_FAILED = 3
EXIT_INTERRUPTED = 130

_ABOUT = """\
Verify the receipts that Lethe's purge wrote: what keys it granted, how every copy of them ended,
how long the oldest lived, how many faces were seen and forgotten.

Checked are the signatures of all checkpoints, that every entry is one of those that were signed,
in their order, that each log follows the one before it, that the sums come out, that nothing
lived longer than the budget, and that keys were granted under an order. The first entry that
doesn't hold is named.

A receipt is a signed claim. That it holds together doesn't prove that it is true: nobody can
prove that no copy exists. A key that surfaces later refutes it."""

_EXAMPLES = """\
examples:
  lethe-receipts verify receipts.txt --key 'lethe-receipts/1f0c...+6ab01234+AbC...'
  lethe-receipts verify receipts.txt --key receipts.vkey --witness-checkpoint seen.txt
  lethe-receipts verify https://lethe.example --key receipts.vkey --summary

exit codes: 0 everything holds; 1 refuted, the reason is the last line; 2 something is wrong
with what was given, one line on stderr says what; 3 the program failed, nothing was found out."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    shape = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog="lethe-receipts", description=_ABOUT, epilog=_EXAMPLES, formatter_class=shape
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = commands.add_parser(
        "verify",
        help="verify a file of receipts",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=shape,
    )
    add_verify_arguments(verify)
    witness = commands.add_parser(
        "witness", help="run a witness", description=ABOUT, formatter_class=shape
    )
    add_witness_arguments(witness)
    return top


def add_witness_arguments(witness: argparse.ArgumentParser) -> None:
    """Add what `witness` takes."""
    witness.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="for its key and what it saw"
    )
    witness.add_argument(
        "--name", required=True, help="names it in cosignatures, such as witness.example/w1"
    )
    witness.add_argument(
        "--log-key",
        action="append",
        required=True,
        metavar="PUB",
        help="verifier key of logs that it knows, or a file that holds it; may be repeated",
    )
    witness.add_argument(
        "--listen", default="127.0.0.1:8090", metavar="HOST:PORT", help="default: %(default)s"
    )


def add_verify_arguments(verify: argparse.ArgumentParser) -> None:
    """Add what `verify` takes."""
    verify.add_argument(
        "place",
        metavar="FILE|URL",
        help="the exported receipts, or the address of alert's page; - reads stdin",
    )
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--key",
        dest="signers",
        action="append",
        metavar="PUB",
        help="verifier key of the log, or a file that holds it, from whoever you trust to know "
        "it; may be repeated where several signed",
    )
    which.add_argument(
        "--key-in-file",
        action="store_true",
        help="take the key that stands in FILE: shows that the file is whole, but anybody may "
        "have written it",
    )
    verify.add_argument(
        "--witness-checkpoint",
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint that somebody else kept: the log must hold it, so nothing up to it "
        "was cut off or rewritten; may be repeated",
    )
    verify.add_argument(
        "--witness-key",
        action="append",
        default=[],
        metavar="PUB",
        help="verifier key of a witness (cosignature/v1): its cosignatures are checked, and one "
        "is needed on every --witness-checkpoint; may be repeated",
    )
    verify.add_argument("--summary", action="store_true", help="print the sums of each deployment")


def verified(
    place: str,
    *,
    signers: Sequence[str] | None,
    witness_checkpoints: Sequence[str] = (),
    witness_keys: Sequence[str] = (),
    told: Callable[[int], None] | None = None,
) -> Verdict:
    """Verify what was named on a command line.

    Parameters
    ----------
    signers
        Verifier keys or files that hold them; None takes those in the file.
    told
        Called with the number of entries so far, now and then.

    Raises
    ------
    BadInput, Refuted
        As `Verifier.verify` does.
    """
    known = None if signers is None else tuple(require_log(named_verifier(s)) for s in signers)
    witnesses = tuple(require_witness(named_verifier(each)) for each in witness_keys)
    if witness_checkpoints and known is None:
        raise BadInput("a witness's checkpoint needs --key: the file's own key proves nothing")
    seen = [
        checkpoint
        for each in witness_checkpoints
        for checkpoint in witnessed_checkpoints(read_note(each), known or (), witnesses)
    ]
    verifier = Verifier(known, witnessed=seen, witnesses=witnesses, told=told)
    with opened(served_at(place)) as stream:
        return verifier.verify(read_lines(stream))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    try:
        chosen = parser().parse_args(arguments)
        code, lines = _witnessed(chosen) if chosen.command == "witness" else _found_out(chosen)
        say(lines)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001 - Python's own exit code would say: refuted
        _complain(f"the program failed: {type(error).__name__}")
        return EXIT_FAILED
    return code


def _witnessed(chosen: argparse.Namespace) -> tuple[int, list[str]]:
    try:
        run_witness(chosen.data, name=chosen.name, logs=chosen.log_key, listen=chosen.listen)
    except BadInput as error:
        _complain(str(error))
        return EXIT_INPUT, []
    return EXIT_GOOD, []


def _found_out(chosen: argparse.Namespace) -> tuple[int, list[str]]:
    try:
        verdict = verified(
            chosen.place,
            signers=None if chosen.key_in_file else chosen.signers,
            witness_checkpoints=chosen.witness_checkpoint,
            witness_keys=chosen.witness_key,
            told=_progress if sys.stderr.isatty() else None,
        )
    except Refuted as error:
        return EXIT_REFUTED, [f"REFUTED: {error}"]
    except BadInput as error:
        _complain(str(error))
        return EXIT_INPUT, []
    lines = list(verdict_lines(verdict, has_witness=bool(chosen.witness_checkpoint)))
    return EXIT_GOOD, [*lines, *(summary_lines(verdict.totals) if chosen.summary else ())]


def _progress(entries: int) -> None:
    sys.stderr.write(f"\r{entries:,} entries")


def say(lines: Iterable[str]) -> None:
    """Write lines to standard output, in whatever encoding that has."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        for line in lines:
            told = _one_line(line).encode(encoding, "backslashreplace").decode(encoding)
            sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever listened has heard enough; the exit code still says what was found out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    sys.stderr.write(f"lethe-receipts: {_one_line(text)}\n")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split("\n")))


if __name__ == "__main__":
    sys.exit(main())
