"""Ten alerts a second to a thousand listeners: how late, how many, and what it takes."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.readers import deployments_of, raising_ms_of, searches_of
from tools.bench.alerts.before import KEPT
from tools.bench.alerts.stack import A_SECOND, LISTENERS, OURS, UnderLoad, cpu_s, under_load
from tools.bench.figures import Figure, at_most, equal, told

from lethe.cli.live.report import percentiles
from lethe.cli.live.resources import SHORTEST_TREND_S, Trend

_MB = 1024 * 1024
_LOOK_S = 1.0
_WARM_UP_S = 60.0
"""As long as it takes until what alert keeps of the latest alerts, frames and pages of its database
among it, is as large as it gets: growth is measured from then on."""
_RAISED_S = 60.0
_SPREAD = tuple(f"deployment-{number}" for number in range(11, 21))


@dataclass(slots=True)
class Watched:
    """What the server took meanwhile."""

    memory: Trend = field(default_factory=Trend)
    most_mb: float = 0.0

    async def look(self, load: UnderLoad) -> None:
        """Look at its memory every second, until cancelled."""
        while True:
            rss_mb = load.server.memory_info().rss / _MB
            self.memory.add(time.monotonic(), rss_mb)
            self.most_mb = max(self.most_mb, rss_mb)
            await asyncio.sleep(_LOOK_S)


def measure(seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Measure with everybody in one deployment, where every alert concerns all."""
    report = asyncio.run(_run(seconds, (OURS,)))
    return [*_figures(report)], report


def measure_spread(seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Measure with a hundred listeners in each of ten deployments."""
    report = asyncio.run(_run(seconds, _SPREAD))
    return [*_figures(report)], report


async def _run(seconds: int, deployments: tuple[str, ...]) -> dict[str, Any]:
    async with (
        under_load(after_a_long_day=True) as load,
        load.crowd(deployments, after=KEPT) as crowd,
    ):
        connected = await crowd.ask("connect")
        await load.raise_steadily(_WARM_UP_S, deployments)
        warm, first = _each(_WARM_UP_S, deployments), len(load.alerts.published)
        await crowd.ask("collect", each=warm)
        watched = Watched()
        watching = asyncio.create_task(watched.look(load))
        before = cpu_s(load.server), cpu_s(crowd.usage), time.monotonic()
        await load.raise_steadily(seconds, deployments)
        took_s = time.monotonic() - before[2]
        server, generator = cpu_s(load.server) - before[0], cpu_s(crowd.usage) - before[1]
        watching.cancel()
        await _raised(load)
        heard = await crowd.ask("collect", each=warm + _each(seconds, deployments))
        raising_ms = sorted(raising_ms_of(load.alerts.database, after=KEPT + first))
        alerts = len(load.alerts.published) - first
        used_ms = 1_000 * (cpu_s(load.server) - before[0]) / alerts
        missing, unheard = _gone_astray(load, set(heard.pop("sequences")), deployments)
    return {
        "seconds": seconds,
        "alerts": round(seconds * A_SECOND),
        "lists_without_an_alert": missing,
        "alerts_that_nobody_heard": unheard,
        "raising_ms": {name: ms and round(ms) for name, ms in percentiles(raising_ms).items()},
        "connected": connected,
        **heard,
        "server_cores": round(server / took_s, 2),
        "server_ms_an_alert": round(used_ms, 1),
        "generator_cores": round(generator / took_s, 2),
        "server_mb": round(watched.most_mb, 1),
        "server_mb_per_minute": watched.memory.per_minute(),
    }


async def _raised(load: UnderLoad) -> None:
    """Wait until each candidate list is an alert: on a machine with other work it may be late."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_RAISED_S):
            await load.alerts.stored()


def _gone_astray(
    load: UnderLoad, heard: set[int], deployments: tuple[str, ...]
) -> tuple[list[str], list[int]]:
    """Return which candidate lists led to no alert, and which alerts no listener heard of."""
    raised = searches_of(load.alerts.database)
    missing = [each for each in load.alerts.published if each not in raised]
    concern = deployments_of(load.alerts.database)
    ours = [number for number, name in sorted(concern.items()) if name in deployments]
    return missing, [number for number in ours if number not in heard]


def _each(seconds: float, deployments: tuple[str, ...]) -> int:
    """Return how many alerts concern each listener."""
    return round(seconds * A_SECOND) // len(deployments)


def _figures(report: dict[str, Any]) -> Iterator[Figure]:
    delay = report["delay_ms"]
    yield told("connected, s", report["connected"]["all_served_s"])
    yield equal("candidate lists without an alert", len(report["lists_without_an_alert"]), 0)
    yield equal("alerts that nobody heard", len(report["alerts_that_nobody_heard"]), 0)
    raising = report["raising_ms"]
    yield told("capture to publication p50, p99, ms", f"{raising['p50']}, {raising['p99']}")
    yield told("alerts heard by listeners", report["heard"])
    yield told("delivery p50, ms", delay["p50"])
    yield at_most("delivery p99, ms", delay["p99"], 150)
    yield told("delivery max, ms", delay["max"])
    yield equal("alerts lost", report["lost"], 0)
    yield equal("alerts that came twice", report["repeated"], 0)
    yield equal("alerts of another deployment", report["foreign"], 0)
    yield equal("connections that the server ended", report["closed"], 0)
    yield at_most("server, cores", report["server_cores"], 1)
    yield told("server, ms of processor time an alert", report["server_ms_an_alert"])
    yield told("load generator, cores", report["generator_cores"])
    yield told(f"server with {LISTENERS} listeners, MB", report["server_mb"])
    growth = report["server_mb_per_minute"]
    if growth is None:
        yield told("server's growth", f"needs {SHORTEST_TREND_S:g} s")
    else:
        yield at_most("server's growth, MB/min", round(growth, 2), 1)
