"""What happens to a run while canaries are in the picture."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.forensics.running import SERVICES, Run, until

RESTART_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a run goes wrong.

    Attributes
    ----------
    what
        What happens, in words.
    happen
        Makes it happen, and returns when it is over.
    options, environment
        With which the services are started.
    """

    name: str
    what: str
    happen: Callable[[Run], None]
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def _nothing(_run: Run) -> None:
    """Let all go well."""


def _hit(service: str, number: signal.Signals) -> Callable[[Run], None]:
    def happen(run: Run) -> None:
        process = run.child(service)
        process.send_signal(number)
        # A stopped process can't be told anything: only its own kernel timer ends it.
        until(lambda: run.is_replaced(service, process.pid), f"{service} is started again")

    return happen


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("none", "nothing", _nothing),
        *(
            Fault(f"kill-{service}", f"kill -9 of {service}", _hit(service, signal.SIGKILL))
            for service in SERVICES
        ),
        *(
            Fault(f"stop-{service}", f"SIGSTOP of {service}", _hit(service, signal.SIGSTOP))
            for service in SERVICES
        ),
    )
}
