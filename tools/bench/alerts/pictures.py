"""Pictures of alerts, fetched as pages do: each is opened, and each look is audited."""

import asyncio
import ssl
import time
from typing import Any

import httpx
from tools.bench.alerts.stack import UnderLoad, cpu_s, under_load
from tools.bench.figures import Figure, at_most, told

from lethe.cli.live.report import percentiles

_OFFICERS = 20
_EACH = 25
_ALERTS = 20


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Have some officers look at pictures one after another, all at the same time."""
    report = asyncio.run(_run())
    figures = [
        told("pictures", _OFFICERS * _EACH),
        told("pictures a second", report["a_second"]),
        told("a picture, p50, ms", report["ms"]["p50"]),
        at_most("a picture, p99, ms", report["ms"]["p99"], 500),
        told("server, ms of processor time each", report["server_ms"]),
        told("kB each", report["kb"]),
    ]
    return figures, report


async def _run() -> dict[str, Any]:
    async with under_load() as load:
        await load.publish(_ALERTS)
        alerts = [each["alert_id"] for each in await load.alerts.shown(load.leader)]
        before_s, begun_s = cpu_s(load.server), time.monotonic()
        looks = [_look(load, f"officer-{number}", alerts) for number in range(_OFFICERS)]
        fetched = [each for found in await asyncio.gather(*looks) for each in found]
        took_s, used_s = time.monotonic() - begun_s, cpu_s(load.server) - before_s
    ms = {
        name: round(value or 0, 1) for name, value in percentiles([m for m, _ in fetched]).items()
    }
    return {
        "ms": ms,
        "a_second": round(len(fetched) / took_s),
        "server_ms": round(1_000 * used_s / len(fetched), 2),
        "kb": round(sum(size for _, size in fetched) / len(fetched) / 1_000, 1),
    }


async def _look(load: UnderLoad, name: str, alerts: list[str]) -> list[tuple[float, int]]:
    """Return how long each picture took (ms) and its bytes."""
    context = ssl.create_default_context(cafile=load.ca_file)
    headers = {"Authorization": f"Bearer {load.token(name)}"}
    fetched = []
    async with httpx.AsyncClient(verify=context, trust_env=False, headers=headers) as client:
        for number in range(_EACH):
            begun_s = time.monotonic()
            address = f"{load.origin()}/api/v1/alerts/{alerts[number % len(alerts)]}/probe"
            answer = (await client.get(address)).raise_for_status()
            fetched.append((1_000 * (time.monotonic() - begun_s), len(answer.content)))
    return fetched
