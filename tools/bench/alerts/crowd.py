"""The load generator: a process with every listener in it, told what to do line by line.

It reads JSON from standard input and answers with JSON on standard output, so that tokens are in no
file and on no command line.
"""

import asyncio
import json
import ssl
import sys
import time
from typing import Any

import uvloop
from tools.bench.alerts.listener import Heard, Listener

from lethe.cli.live.report import percentiles

_WITHIN_S = 20.0
_LOOK_S = 0.05
_AT_ONCE = 50
"""Connections that are opened at once, but for a storm's."""


class Crowd:
    """Everybody who listens.

    Parameters
    ----------
    told
        `host`, `port` and `ca_file` of alert, of each listener `token` and `deployment_id`, and
        `after`, the sequence of the newest alert that they have.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self._port = told["port"]
        self._context = ssl.create_default_context(cafile=told["ca_file"])
        self._host = told["host"]
        address = f"wss://{self._host}:{self._port}/api/v1/alerts/stream"
        self._heard = Heard()
        self._listeners = [
            Listener(address, each["token"], each["deployment_id"], self._heard, last=told["after"])
            for each in told["listeners"]
        ]

    async def connect(self, at_once: int = _AT_ONCE) -> dict[str, Any]:
        """Connect everybody; return how long each took until nothing waited."""
        turns, begun_s = asyncio.Semaphore(at_once), time.monotonic()
        took = await asyncio.gather(*(self._connect(each, turns) for each in self._listeners))
        return {
            "served_ms": percentiles(sorted(took)),
            "all_served_s": round(time.monotonic() - begun_s, 2),
        }

    async def _connect(self, listener: Listener, turns: asyncio.Semaphore) -> float:
        async with turns:
            begun_s = time.monotonic()
            loop = asyncio.get_running_loop()
            await loop.create_connection(
                lambda: listener,
                "127.0.0.1",
                self._port,
                ssl=self._context,
                server_hostname=self._host,
            )
            await listener.caught_up.wait()
            return 1_000 * (time.monotonic() - begun_s)

    def leave(self) -> dict[str, Any]:
        """Drop every connection."""
        for listener in self._listeners:
            listener.leave()
        return {}

    async def collect(self, each: int) -> dict[str, Any]:
        """Wait until everybody has heard so many alerts in all, or long enough; tell what came."""
        end_s = time.monotonic() + _WITHIN_S
        while time.monotonic() < end_s:
            if all(listener.count >= each for listener in self._listeners):
                break
            await asyncio.sleep(_LOOK_S)
        heard = self._heard
        told = {
            "delay_ms": {
                k: v and round(v, 1) for k, v in percentiles(list(heard.delays_ms)).items()
            },
            "heard": sum(listener.count for listener in self._listeners),
            "lost": sum(max(0, each - listener.count) for listener in self._listeners),
            "repeated": heard.repeated,
            "foreign": heard.foreign,
            "caught_up": heard.caught_up,
            "closed": heard.closed,
            "sequences": heard.sequences(),
        }
        del heard.delays_ms[:]
        return told


async def main() -> None:
    """Do what each line says, until there are no more."""
    loop = asyncio.get_running_loop()
    crowd: Crowd | None = None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(line)
        answer: dict[str, Any] = {}
        match told["do"]:
            case "gather":
                crowd = Crowd(told)
            case "connect" if crowd:
                answer = await crowd.connect(told.get("at_once", _AT_ONCE))
            case "leave" if crowd:
                answer = crowd.leave()
            case "collect" if crowd:
                answer = await crowd.collect(told["each"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main())
