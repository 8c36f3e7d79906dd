"""Everybody comes back at once, with twenty alerts missed each."""

import asyncio
from typing import Any

from tools.bench.alerts.stack import LISTENERS, UnderLoad, cpu_s, under_load
from tools.bench.figures import Figure, at_most, equal, told

_MISSED = 20


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Drop every connection, raise twenty alerts, and have all connect again at once."""
    report = asyncio.run(_run())
    figures = [
        at_most("all served, s", report["all_served_s"], 3),
        told("each served p50, ms", report["served_ms"]["p50"]),
        told("each served p99, ms", report["served_ms"]["p99"]),
        told("server, s of processor time", report["server_s"]),
        told("load generator, s of processor time", report["generator_s"]),
        equal("missed alerts that came", report["heard"], _MISSED * LISTENERS),
        equal("alerts lost", report["lost"], 0),
        equal("alerts that came twice", report["repeated"], 0),
    ]
    return figures, report


async def _run() -> dict[str, Any]:
    async with under_load() as load, load.crowd() as crowd:
        await crowd.ask("connect")
        await crowd.ask("leave")
        await _raised(load)
        before = cpu_s(load.server), cpu_s(crowd.usage)
        served = await crowd.ask("connect", at_once=LISTENERS)
        used = cpu_s(load.server) - before[0], cpu_s(crowd.usage) - before[1]
        heard = await crowd.ask("collect", each=_MISSED)
    for name, value in served["served_ms"].items():
        served["served_ms"][name] = round(value)
    return {**served, **heard, "server_s": round(used[0], 2), "generator_s": round(used[1], 2)}


async def _raised(load: UnderLoad) -> None:
    await load.publish(_MISSED)
    await load.alerts.shown(load.leader)
