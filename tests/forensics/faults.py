"""What happens to a run while canaries are in the picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tests.forensics.attacked_service import LATE_VARIABLE
from tests.forensics.deciding import decided_false
from tests.forensics.importing import erased, imported
from tests.forensics.running import SERVICES, Run, until
from tests.forensics.stopping import looked_at, stopped

_LATE_S = "5"
_HOUR_S = 3600
_DISK_MB = 128

Happening = Callable[[Run], None]


def _nothing(_run: Run) -> None:
    """Let all go well."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a run goes wrong.

    Attributes
    ----------
    what
        What happens, in words.
    happen
        Makes it happen; then everything is searched for the first time.
    recover
        Makes an end of it where it doesn't end by itself.
    options, environment
        With which the services are started.
    disk_mb
        Size of the disk that the services have for themselves; 0 for a folder of the machine's.
    imports
        Whether the lots of `lots_in` are imported: then what becomes of them is looked for.
    """

    name: str
    what: str
    happen: Happening = _nothing
    recover: Happening = _nothing
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    steps_clocks: bool = False
    disk_mb: int = 0
    imports: bool = False


def _killed(*instances: str) -> Happening:
    def happen(run: Run) -> None:
        before = {instance: run.lethe.children()[instance] for instance in instances}
        for process in before.values():
            process.kill()
        for instance, process in before.items():
            until(partial(run.is_replaced, instance, process.pid), f"{instance} is started again")

    return happen


def _step(seconds: int, *services: str) -> Happening:
    def happen(run: Run) -> None:
        for service in services:
            (run.clocks / service).write_text(str(seconds))

    return happen


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("none", "nothing"),
        *(Fault(f"kill-{s}", f"kill -9 of {s}", _killed(f"{s}-1")) for s in SERVICES),
        *(Fault(f"stop-{s}", f"SIGSTOP of {s}", stopped(s)) for s in SERVICES),
        Fault(
            "kill-both-purges",
            "kill -9 of purge and of its standby",
            _killed("purge-1", "purge-2"),
            options=("--standby",),
        ),
        Fault(
            "broker-away",
            "the broker is stopped, and started again",
            lambda run: run.kafka.stop(),
            lambda run: run.kafka.start(),
        ),
        Fault(
            "late-detect",
            f"detect hears of every frame {_LATE_S} s late",
            environment={LATE_VARIABLE: _LATE_S},
        ),
        Fault(
            "full-disk",
            "the disk of the services is full",
            lambda run: run.filled(),
            lambda run: run.freed(),
            disk_mb=_DISK_MB,
        ),
        Fault(
            "clock-forward",
            "every wall clock is an hour ahead, then an hour behind",
            _step(_HOUR_S, *SERVICES),
            _step(-_HOUR_S, *SERVICES),
            steps_clocks=True,
        ),
        Fault(
            "clock-of-detect",
            "the wall clock of detect alone is an hour ahead, then right again",
            _step(_HOUR_S, "detect"),
            _step(0, "detect"),
            steps_clocks=True,
        ),
        Fault("view", "somebody looks at the camera all along", looked_at),
        Fault("false-alert", "an alert is adjudicated as false", decided_false),
        Fault(
            "import",
            "a watchlist was imported and another one is; then both are erased",
            imported,
            erased,
            imports=True,
        ),
    )
}
