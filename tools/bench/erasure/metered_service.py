"""`python -m tools.bench.erasure.metered_service SERVICE`: a service that counts what parts take.

It tells them at `/metrics`, in seconds of processor time since its start.
"""

import runpy
import sys
from functools import partial

from prometheus_client import Gauge
from tools.bench.erasure.meter import Meter
from tools.bench.erasure.parts import PARTS, put_in_place

METRIC = "bench_processor_seconds"
CALLS = "bench_counted_calls"


def main(service: str) -> None:
    """Run a service."""
    meter = Meter()
    put_in_place(meter, service)
    told = Gauge(METRIC, "Processor time of parts of forgetting", ("part",))
    for part in PARTS:
        told.labels(part).set_function(partial(meter.seconds, part))
    Gauge(CALLS, "How often something was counted").set_function(lambda: meter.calls)
    runpy.run_module(f"lethe.{service}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
