"""The table of faults of a watchlist, and the words for them."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from lethe.cli.errors import one_line
from lethe.cli.watchlist.people import Fault, Verdict
from lethe.contracts.errors import InvalidInput
from lethe.vision.extract import ReferenceFault

_OF_THE_PIPELINE: dict[str | None, str] = {
    "unreadable": "unreadable: save it as JPEG or PNG again",
    "unlike": "it looks like none of the subject's other images: see that all show one person",
}


def in_words(reason: str | None) -> str:
    """Return advice for a fault that the pipeline found; an unknown one speaks for itself."""
    if reason in _OF_THE_PIPELINE:
        return _OF_THE_PIPELINE[reason]
    try:
        return ReferenceFault(reason or "").advice
    except ValueError:
        return (reason or "it can't be enrolled").replace("_", " ")


def refuse_faults(faults: list[Fault], folder: Path, usable: int, *, skip_bad: bool) -> None:
    """Show the faults, and end the command unless it may go on without them; a flag never ends it.

    Raises
    ------
    InvalidInput
        If there are faults and `skip_bad` is off, or nothing usable is left.
    """
    if faults:
        _show(faults)
    unusable = sum(fault.verdict is not Verdict.FLAG for fault in faults)
    if unusable and not skip_bad:
        raise InvalidInput(
            f"{unusable} of the images in {folder} can't be used: "
            "mend them, or go on without them with --skip-bad"
        )
    if usable == 0:
        raise InvalidInput(f"{folder} holds no usable image; add one clear image per person")


def _show(faults: list[Fault]) -> None:
    table = Table(title="Faults of the watchlist", title_justify="left")
    table.add_column("image", overflow="fold")
    table.add_column("fault", overflow="fold")
    for fault in sorted(faults, key=lambda each: each.file):
        table.add_row(one_line(fault.file), one_line(fault.why))
    Console(stderr=True, markup=False, highlight=False).print(table)
