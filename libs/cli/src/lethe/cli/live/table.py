"""The live table of a terminal, and the plain line of everything else."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lethe.cli.errors import one_line
from lethe.cli.live.snapshot import Snapshot

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
        f"{account.faces.get('seen', 0)} faces, {snapshot.alerts} alerts, "
        f"erasure age p50 {_ms(ages.get('p50'))} p99 {_ms(ages.get('p99'))} "
        f"max {_ms(ages.get('max'))}, {account.unerased} unerased, {memory:.0f} MB"
        f"{', SUSPENDED' if account.suspended else ''}"
    )


def live_table(snapshot: Snapshot) -> RenderableType:
    """Return a snapshot as the table of a terminal."""
    heading = Text.assemble(
        ("Lethe  ", "bold"), f"{snapshot.address}  ", (_clock(snapshot.running_s), "dim")
    )
    parts: list[RenderableType] = [heading, _figures(snapshot), _processes(snapshot)]
    if snapshot.latest:
        parts.append(_latest(snapshot))
    parts.append(Text("Alerts are candidates: a person decides.  Ctrl-C ends everything.", "dim"))
    return Group(*parts)


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


def _processes(snapshot: Snapshot) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("process")
    table.add_column("memory", justify="right")
    table.add_column("processor", justify="right")
    for name, usage in snapshot.usages.items():
        table.add_row(name, f"{usage.rss_mb:.0f} MB", f"{usage.cpu_percent:.0f}%")
    return table


def _latest(snapshot: Snapshot) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("latest alerts", "score", "camera", "captured"):
        table.add_column(heading)
    for alert in snapshot.latest[-LATEST_SHOWN:]:
        # A name comes from a file name: it is text, never markup or an escape sequence.
        name = Text(one_line(alert.subject))
        table.add_row(name, f"{alert.score:.2f}", alert.camera_id, alert.captured_at)
    return table


def _clock(running_s: float) -> str:
    minutes, seconds = divmod(int(running_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _ms(value: Any) -> str:
    return f"{value:.0f} ms" if isinstance(value, int | float) else "-"
