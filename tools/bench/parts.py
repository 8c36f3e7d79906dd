"""The parts of a bench: measured one after another, printed as they come, written at the end."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, print_figures, say

from lethe.cli.live.report import machine


class Parts:
    """Measures what was chosen. Misses are printed as such and are no failure.

    Parameters
    ----------
    only
        The parts that were asked for; none for all but those that must be asked for.
    """

    def __init__(self, only: Collection[str]) -> None:
        self._only = only
        self._reports: dict[str, Any] = {"machine": machine()}
        named = self._reports["machine"].items()
        say(f"machine: {', '.join(f'{name} {value}' for name, value in named)}")

    @staticmethod
    def offer(parser: ArgumentParser, names: Collection[str]) -> None:
        """Give a bench an option that names some of its parts, which are measured alone then."""
        parser.add_argument(
            "--only",
            choices=names,
            nargs="+",
            default=(),
            metavar="PART",
            help=(f"measure nothing but these: {', '.join(names)}"),
        )

    def measure(
        self,
        name: str,
        heading: str,
        measure: Callable[[], tuple[list[Figure], Any]],
        *,
        is_extra: bool = False,
    ) -> None:
        """Measure a part if it was chosen, say so, print its figures and keep its report.

        Parameters
        ----------
        is_extra
            It must be asked for.
        """
        if name not in self._only and (is_extra or self._only):
            return
        say(f"{datetime.now(UTC):%H:%M:%S} measuring {name}: {heading}")
        figures, self._reports[name] = measure()
        print_figures(heading, figures)

    def write(self, file: Path) -> None:
        """Write the reports."""
        file.write_text(json.dumps(self._reports, indent=1) + "\n")
