"""What an import tells at its end: a table for people, a CSV file for their programs."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lethe.cli.errors import one_line
from lethe.cli.watchlist.people import Fault
from lethe.cli.whole_file import whole_file

_MOST_SHOWN = 40
_HEADER = ("line", "reference_number", "image", "verdict", "why")
_FORMULA = re.compile(r"(?:^|(?<=[,;]))(?=\s*[=+\-@])")
"""Where a formula would begin: also within a cell, for who separates columns otherwise."""


def write_report(file: Path, faults: Sequence[Fault], delimiter: str) -> None:
    """Write every fault to a CSV file, in the order of the lines, whole or not at all.

    What a spreadsheet would take for a formula gets an apostrophe before it.

    Parameters
    ----------
    delimiter
        That of the table: its users' programs separate columns so.

    Raises
    ------
    InvalidInput
        If it can't be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(_HEADER)
    writer.writerows([_inert(cell) for cell in _cells(fault)] for fault in _in_order(faults))
    with whole_file(file) as stream:
        # With its mark, or spreadsheets read it as another encoding.
        stream.write(text.getvalue().encode("utf-8-sig"))


def show_faults(faults: Sequence[Fault]) -> None:
    """Show the faults as a table, the first ones where there are many."""
    table = Table(title="Rejected and flagged", title_justify="left")
    for column in _HEADER:
        table.add_column(column, overflow="fold")
    for fault in _in_order(faults)[:_MOST_SHOWN]:
        table.add_row(*_cells(fault))
    console = Console(stderr=True, markup=False, highlight=False)
    console.print(table)
    if len(faults) > _MOST_SHOWN:
        console.print(f"and {len(faults) - _MOST_SHOWN:,} more")


def counted(faults: Sequence[Fault]) -> str:
    """Return how many there are of each verdict, in words."""
    counts = Counter(fault.verdict for fault in faults)
    return ", ".join(f"{verdict.value}: {counts[verdict]:,}" for verdict in sorted(counts))


def _in_order(faults: Sequence[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda each: each.place.line if each.place else 0)


def _cells(fault: Fault) -> tuple[str, ...]:
    line = str(fault.place.line) if fault.place else ""
    number = fault.place.number if fault.place else ""
    cells = (line, number, fault.file, fault.verdict.value, fault.why)
    return tuple(one_line(cell) for cell in cells)


def _inert(cell: str) -> str:
    return _FORMULA.sub("'", cell)
