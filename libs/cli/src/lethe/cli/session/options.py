"""What the user asked for."""

from dataclasses import dataclass
from pathlib import Path

from lethe.cli.session.cameras import SourceOptions

THRESHOLD = 0.60
"""From this comparison score on, an alert is raised unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Options of every command that runs the stack.

    Attributes
    ----------
    broker
        Address of a broker that is there already; None for one of the stack's own.
    witnesses
        Of receipts, each as `ADDRESS KEY`.
    """

    port: int
    data: Path | None
    cool_down_s: float
    memory_bound_mb: int
    standby: bool
    instances: int
    tracking: bool
    headless: bool
    seconds: float | None
    broker: str | None = None
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Options of `lethe watch` and `lethe demo`.

    Attributes
    ----------
    volunteers
        Who of the watchlist isn't sought: with them the deployment is tried out.
    """

    stack: StackOptions
    sources: SourceOptions
    watchlist: Path
    threshold: float
    once: bool
    realtime: bool
    report: Path | None
    skip_bad: bool
    area: str | None = None
    volunteers: tuple[str, ...] = ()
