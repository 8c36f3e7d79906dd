"""`lethe watchlist import` against a stack in which nothing is live: rate, processor, memory."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tools.bench.enrolment.processes import Used
from tools.bench.figures import Figure, at_least, equal, told
from tools.running import RunningLethe

_LOOK_S = 0.2
_AIMED_PER_S = 40
LIST = "bench"


@dataclass(frozen=True, slots=True)
class Import:
    """One import: how many images, how many became references, and what it took.

    Attributes
    ----------
    begun_again
        Services that died and were started again meanwhile, as on a machine that is too busy.
    """

    images: int
    enrolled: int
    took_s: float
    cpu_ms: dict[str, float]
    peak_mb: dict[str, float]
    begun_again: list[str]


def measure(lethe: RunningLethe, table: Path, count: int) -> tuple[list[Figure], dict[str, Any]]:
    """Import a table of so many images once, in a new stack."""
    imported = _import(lethe, table, count)
    per_s = round(count / imported.took_s, 1)
    report = {
        "images": count,
        "enrolled": imported.enrolled,
        "took_s": round(imported.took_s, 2),
        "cpu_ms_per_image": imported.cpu_ms,
        "peak_mb": imported.peak_mb,
        "begun_again": imported.begun_again,
    }
    return [*_figures(imported, per_s)], report


def started_import(
    alert_url: str, table: Path, list_id: str = LIST, *, is_told: bool = False
) -> subprocess.Popen[bytes]:
    """Start an import of a table whose images lie beside it.

    Parameters
    ----------
    is_told
        It says on stdout how far it is.
    """
    command = [sys.executable, "-m", "lethe.cli", "watchlist", "import", str(table)]
    options = [
        "--images",
        str(table.parent),
        "--id",
        list_id,
        "--alert-url",
        alert_url,
        "--skip-bad",
    ]
    return subprocess.Popen(
        [*command, *options],
        stdout=None if is_told else subprocess.DEVNULL,
        # The names of those who were rejected.
        stderr=subprocess.DEVNULL,
    )


def _import(lethe: RunningLethe, table: Path, count: int) -> Import:
    used, begun_s = Used(lethe.children()), time.monotonic()
    with started_import(lethe.alert_url, table, is_told=True) as process:
        command = psutil.Process(process.pid)
        while process.poll() is None:
            used.look({**lethe.children(), "command": command})
            time.sleep(_LOOK_S)
    took_s = time.monotonic() - begun_s
    assert process.returncode == 0, "the import failed"
    references = lethe.ask(f"/api/v1/watchlists/{LIST}").json()["references"]
    cpu_ms = {name: round(1_000 * spent_s / count, 2) for name, spent_s in used.cpu_s().items()}
    return Import(
        count, references["enrolled"], took_s, cpu_ms, used.peak_mb, begun_again=used.begun_again()
    )


def _figures(imported: Import, per_s: float) -> Iterator[Figure]:
    yield at_least("images/s, end to end", per_s, _AIMED_PER_S)
    yield told("became references", f"{imported.enrolled} of {imported.images}")
    yield equal("died meanwhile", ", ".join(imported.begun_again) or "none", "none")
    yield told("CPU ms an image, everything", round(sum(imported.cpu_ms.values()), 1))
    for name, used_ms in imported.cpu_ms.items():
        yield told(f"of it {name}", used_ms)
    for name, used_mb in imported.peak_mb.items():
        yield told(f"largest memory of {name}, MB", used_mb)
