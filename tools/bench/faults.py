"""Each service killed, stopped and restarted once, under load."""

import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, at_most, equal
from tools.running import RunningLethe, running_lethe, wait_until

_FAULTS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP, "restarted": signal.SIGTERM}
_INSTANCES = ("ingest-1", "detect-1", "match-1", "alert-1", "purge-1")
_CALM_S = 6.0
_FRAMES = 24
"""One second of the footage of two cameras."""


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Run the demonstration with a standby purge, break everything once, and let it recover."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="lethe-faults-") as folder:
        arguments = ("demo", "--cool-down", "0", "--standby")
        with running_lethe(Path(folder), *arguments) as lethe:
            wait_until(lambda: lethe.last_sequence() > 0)
            for instance_id in _INSTANCES:
                for name, number in _FAULTS.items():
                    time.sleep(_CALM_S)
                    took_s = _break_and_recover(lethe, instance_id, number)
                    figures.append(at_most(f"{instance_id} {name}, recovered, s", took_s, 10))
            time.sleep(_CALM_S)
            report = lethe.finish(interrupt=True)
    figures += [
        at_most("erasure age under faults max, ms", report["erasure_age_ms"]["max"], 1000),
        equal("unerased under faults", report["unerased"], 0),
    ]
    return figures, report


def _break_and_recover(lethe: RunningLethe, instance_id: str, number: signal.Signals) -> float:
    """Send a signal; return the seconds until all services work again, one of them anew.

    That is: the process is another one, every service says that it is ready, and a second of
    footage went through all of them since. Alerts are waited for as well, but not timed: for
    up to nine seconds nobody who is listed walks past.
    """
    process = lethe.children()[instance_id]
    begun = time.monotonic()
    process.send_signal(number)
    wait_until(lambda: _other_process(lethe, instance_id, process.pid) and _processed(lethe) > 0)
    before = _processed(lethe)
    wait_until(lambda: _processed(lethe) >= before + _FRAMES and lethe.all_stand())
    took_s = round(time.monotonic() - begun, 1)
    alerts = lethe.last_sequence()
    wait_until(lambda: lethe.last_sequence() > alerts)
    return took_s


def _other_process(lethe: RunningLethe, instance_id: str, pid: int) -> bool:
    child = lethe.children().get(instance_id)
    return child is not None and child.pid != pid


def _processed(lethe: RunningLethe) -> int:
    """Return how many frames the purge that has counted longest saw detect finish."""
    return max((account["frames"]["processed"] for account in lethe.accounts()), default=0)
