"""How old frames get while everything breaks, by the receipts of each run.

The runs are those of `make forensics`, on Apache Kafka, with the two cameras of the demonstration
and nobody who searches: what is late is late for what broke, not for who looks.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.forensics.attack import captured_frames
from tests.forensics.faults import FAULTS, Fault
from tests.forensics.running import Ground, Run, running, until
from tools.bench.figures import Figure, at_most, equal, say, told

from lethe.cli.home import find_home
from lethe.cli.receipts.keys import receipts_verifier
from lethe.receipts.command import verified
from lethe.receipts.totals import Totals

_FRAMES_BEFORE = 240
_FRAMES_AFTER = 240
_LASTS_S = 3.0
"""What breaks without an end of its own stays broken for so long."""
_REST_S = 3.0
"""Until every slot of the run is closed."""
_FOOTAGE_S = 60.0
"""The demonstration's, which is watched once."""


def measure(names: list[str] | None = None) -> tuple[list[Figure], dict[str, Any]]:
    """Break one run after the other, and read off its receipts how old frames became.

    Parameters
    ----------
    names
        Of the faults; all of them if it isn't given.
    """
    figures, reports = [], {}
    for name in names or list(FAULTS):
        fault = FAULTS[name]
        say(f"{name}: {fault.what}")
        totals = _totals_of(fault)
        figures += _figures(name, totals)
        reports[name] = {
            "oldest_age_ms": totals.oldest_age_ms,
            "frames": totals.frames,
            "copies": totals.copies,
        }
    return figures, reports


def _figures(name: str, totals: Totals) -> list[Figure]:
    frames = totals.frames
    ends = ", ".join(f"{frames[end]:,}" for end in ("captured", "expired", "lost", "dropped"))
    return [
        at_most(f"{name}: erasure age max, ms", totals.oldest_age_ms, 1000),
        equal(f"{name}: copies of keys that nobody knows about", totals.copies["open"], 0),
        told(f"{name}: captured, expired, lost, dropped", ends),
    ]


def _totals_of(fault: Fault) -> Totals:
    """Return what the receipts of a broken run add up to; they are verified first."""
    footage = find_home().folder / "footage" / "demonstration"
    with tempfile.TemporaryDirectory(prefix="lethe-broken-") as folder:
        ground = Ground(
            Path(folder) / "run",
            tuple(sorted(footage.glob("*.mp4"))),
            footage / "watchlist",
            _FOOTAGE_S,
            options=fault.options,
            environment=fault.environment,
            steps_clocks=fault.steps_clocks,
            disk_mb=fault.disk_mb,
        )
        with running(ground) as run:
            run.deploy()
            _break(run, fault)
            run.end_deployment()
            time.sleep(_REST_S)
            file = _exported(run, Path(folder))
        return _added_up(file)


def _break(run: Run, fault: Fault) -> None:
    _captured(run, _FRAMES_BEFORE)
    fault.happen(run)
    time.sleep(_LASTS_S)
    fault.recover(run)
    _captured(run, captured_frames(run) + _FRAMES_AFTER)


def _captured(run: Run, frames: int) -> None:
    until(lambda: captured_frames(run) >= frames or run.footage_is_over(), f"{frames} frames")


def _exported(run: Run, folder: Path) -> Path:
    file = folder / "receipts.txt"
    command = [sys.executable, "-m", "lethe.cli", "receipts", "export"]
    subprocess.run(
        [*command, "--data", str(run.lethe.data), str(file)], check=True, stdout=subprocess.DEVNULL
    )
    return file


def _added_up(file: Path) -> Totals:
    """Verify receipts with this machine's key, and return the sums of the one deployment."""
    verdict = verified(str(file), signers=[str(receipts_verifier(find_home()))])
    (totals,) = (sums for deployment, sums in verdict.totals.items() if deployment)
    return totals
