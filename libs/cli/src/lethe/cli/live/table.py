"""The live table of a terminal, and the plain line of everything else."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from lethe.cli.errors import one_line
from lethe.cli.live.snapshot import Snapshot
from lethe.receipts.words import many

LATEST_SHOWN = 4


def plain_line(snapshot: Snapshot) -> str:
    """Return a snapshot as one line: for logs and pipes."""
    account = snapshot.account
    if account is None:
        return f"{_clock(snapshot.running_s)} no account from purge at the moment"
    ages = account.erasure_age_ms
    memory = sum(usage.rss_mb for usage in snapshot.usages.values())
    return (
        f"{_clock(snapshot.running_s)} {snapshot.frames_per_s:.1f} frames/s, "
        f"{many(account.faces.get('seen', 0), 'face')}, {many(snapshot.alerts, 'alert')}, "
        f"erasure age p50 {_ms(ages.get('p50'))} p99 {_ms(ages.get('p99'))} "
        f"max {_ms(ages.get('max'))}, {account.unerased} unerased, {memory:.0f} MB"
        f"{', SUSPENDED' if account.suspended else ''}"
    )


class LiveTable:
    """A snapshot as the table of a terminal, never higher than its window.

    What a small window has no room for goes in this order: processes are added up in one row,
    older alerts go, then that row and the last line, then the figures from below. The address
    and the newest alert stay.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines that there is room for."""
        height = options.size.height
        layouts = list(_layouts(self._snapshot))

        def rendered(layout: list[RenderableType]) -> list[list[list[Segment]]]:
            return [console.render_lines(part, options, pad=False) for part in layout]

        def over(parts: list[list[list[Segment]]]) -> int:
            return sum(map(len, parts)) - height

        # No layout is higher than the one before it.
        first = bisect_left(layouts, 0, key=lambda layout: -over(rendered(layout)))
        parts = rendered(layouts[min(first, len(layouts) - 1)])
        if over(parts) > 0:
            heading, figures, latest = parts
            parts = [heading, figures[: max(len(figures) - over(parts), 0)], latest]
        for line in chain.from_iterable(parts):
            yield from line
            yield Segment.line()


def _layouts(snapshot: Snapshot) -> Iterator[list[RenderableType]]:
    """Give what may be shown, the most that there is first."""
    heading, figures, foot = _heading(snapshot), _figures(snapshot), _foot()
    newest = min(len(snapshot.latest), LATEST_SHOWN)
    for rows in range(len(snapshot.usages), -1, -1):
        yield [heading, figures, _processes(snapshot, rows), _latest(snapshot, newest), foot]
    for shown in range(newest - 1, 0, -1):
        yield [heading, figures, _processes(snapshot, 0), _latest(snapshot, shown), foot]
    yield [heading, figures, _latest(snapshot, min(newest, 1))]


def _heading(snapshot: Snapshot) -> Text:
    clock = (_clock(snapshot.running_s), "dim")
    return Text.assemble(("Lethe  ", "bold"), f"{snapshot.address}  ", clock)


def _foot() -> Text:
    return Text("Alerts are candidates: a person decides.  Ctrl-C ends everything.", "dim")


def _figures(snapshot: Snapshot) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    account = snapshot.account
    if account is None:
        table.add_row("purge", "no account at the moment")
        return table
    frames, ages = account.frames, account.erasure_age_ms
    table.add_row(
        "frames",
        f"{snapshot.frames_per_s:.1f}/s",
        f"{frames.get('captured', 0)} captured of {frames.get('offered', 0)}, "
        f"{frames.get('processed', 0)} processed, {frames.get('expired', 0)} expired",
    )
    faces = account.faces
    table.add_row(
        "faces", str(faces.get("seen", 0)), f"{faces.get('probes', 0)} compared with the watchlist"
    )
    table.add_row("alerts", str(snapshot.alerts), "")
    table.add_row(
        "erasure age",
        _ms(ages.get("p50")),
        f"p50; p99 {_ms(ages.get('p99'))}, max {_ms(ages.get('max'))}",
    )
    unerased = Text(str(account.unerased), "bold red" if account.unerased else "green")
    table.add_row("unerased", unerased, "")
    for deployment_id, ground in account.suspended.items():
        told = Text(f"{one_line(ground)}: nothing is captured", "bold red")
        table.add_row(Text("suspended", "bold red"), one_line(deployment_id), told)
    return table


def _processes(snapshot: Snapshot, rows: int) -> Table:
    """Return this many processes, and one row for those there is no room for."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("process")
    table.add_column("memory", justify="right")
    table.add_column("processor", justify="right")
    told = [(name, use.rss_mb, use.cpu_percent) for name, use in snapshot.usages.items()]
    shown, left_out = told[:rows], told[rows:]
    if left_out:
        _, memory, processor = zip(*left_out, strict=True)
        all_of_them = many(len(left_out), "process", "processes")
        name = f"and {len(left_out)} more" if shown else all_of_them
        shown.append((name, sum(memory), sum(processor)))
    for name, rss_mb, cpu_percent in shown:
        table.add_row(name, f"{rss_mb:.0f} MB", f"{cpu_percent:.0f}%")
    return table


def _latest(snapshot: Snapshot, shown: int) -> RenderableType:
    """Return this many of the newest alerts, the newest last."""
    if not shown:
        return Group()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("latest alerts", "score", "camera", "captured"):
        table.add_column(heading, no_wrap=True, overflow="ellipsis")
    for alert in snapshot.latest[-shown:]:
        # A name comes from a file name: it is text, never markup or an escape sequence.
        name = Text(one_line(alert.subject))
        score = "" if alert.score is None else f"{alert.score:.2f}"
        table.add_row(name, score, alert.camera_id, alert.captured_at)
    return table


def _clock(running_s: float) -> str:
    minutes, seconds = divmod(int(running_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _ms(value: Any) -> str:
    return f"{value:.0f} ms" if isinstance(value, int | float) else "-"
