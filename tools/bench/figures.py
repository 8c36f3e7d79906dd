"""A figure with its target, and how it is printed."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, and whether it reaches what was aimed at."""

    name: str
    value: Any
    target: str
    met: bool

    def line(self) -> str:
        """Return one line of the table."""
        mark = "met " if self.met else "MISS"
        return f"{mark}  {self.name:<44} {self.value!s:>14}   ({self.target})"


def at_most(name: str, value: float | None, limit: float) -> Figure:
    """Return a figure that should stay at or below a limit."""
    met = value is not None and value <= limit
    return Figure(name, value, f"<= {limit:g}", met)


def at_least(name: str, value: float, limit: float) -> Figure:
    """Return a figure that should reach a limit."""
    return Figure(name, value, f">= {limit:g}", value >= limit)


def equal(name: str, value: Any, wanted: Any) -> Figure:
    """Return a figure that should be exactly something."""
    return Figure(name, value, f"= {wanted}", value == wanted)


def told(name: str, value: Any) -> Figure:
    """Return a figure that is reported without having been aimed at."""
    return Figure(name, value, "reported", met=True)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median of several measurements with the least and the largest."""
    named = (statistics.median(values), min(values), max(values))
    middle, least, largest = (f"{value:.{digits}f}" for value in named)
    return f"{middle} ({least} to {largest})"


def share(part: int, whole: int) -> float:
    """Return a share in percent, rounded down to two decimals."""
    return int(10_000 * part / whole) / 100 if whole else 0.0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_figures(title: str, figures: list[Figure]) -> None:
    """Print a block of figures."""
    say("")
    say(title)
    for figure in figures:
        say(f"  {figure.line()}")
