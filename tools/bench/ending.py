"""From Ctrl-C to the end of everything, in the middle of the demonstration."""

import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_most, equal, spread, told
from tools.running import RunningLethe, running_lethe, wait_until

_ROUNDS = 3
_WITHIN_S = 5.0


def measure(rounds: int = _ROUNDS) -> tuple[list[Figure], dict[str, Any]]:
    """Start the demonstration, press Ctrl-C once it alerts, and time what follows; a few times."""
    took_s: list[float] = []
    left = 0
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="lethe-ending-") as folder:
            with running_lethe(Path(folder), "demo", "--cool-down", "0") as lethe:
                wait_until(lambda lethe=lethe: lethe.last_sequence() > 0)
                processes = lethe.children()
                took_s.append(_end(lethe))
            left += sum(process.is_running() for process in processes.values())
    figures = [
        at_most("Ctrl-C to the end of everything, s", max(took_s), _WITHIN_S),
        told("of all, s", spread(took_s)),
        equal("processes left", left, 0),
    ]
    return figures, {"ended_after_s": took_s}


def _end(lethe: RunningLethe) -> float:
    begun_s = time.monotonic()
    lethe.finish(interrupt=True)
    return round(time.monotonic() - begun_s, 2)
