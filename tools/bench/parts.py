"""The parts of a bench: measured one after another, printed as they come, written at the end."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, print_figures, say

from lethe.cli.live.report import machine


class Parts:
    """Measures what was chosen. Misses are printed as such and are no failure.

    Parameters
    ----------
    only
        The part that was asked for; None for all but those that must be asked for.
    """

    def __init__(self, only: str | None) -> None:
        self._only = only
        self._reports: dict[str, Any] = {"machine": machine()}
        named = self._reports["machine"].items()
        say(f"machine: {', '.join(f'{name} {value}' for name, value in named)}")

    def measure(
        self,
        name: str,
        heading: str,
        measure: Callable[[], tuple[list[Figure], Any]],
        *,
        is_extra: bool = False,
    ) -> None:
        """Measure a part if it was chosen, print its figures and keep its report.

        Parameters
        ----------
        is_extra
            It must be asked for.
        """
        if self._only != name and (is_extra or self._only is not None):
            return
        figures, self._reports[name] = measure()
        print_figures(heading, figures)

    def write(self, file: Path) -> None:
        """Write the reports."""
        file.write_text(json.dumps(self._reports, indent=1) + "\n")
