"""Asking services how they are: ready at the start, alive ever after."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

import httpx
import psutil

from lethe.cli.errors import StackFailed
from lethe.cli.stack.ports import LOOPBACK
from lethe.cli.stack.process import Child

READY_WITHIN_S = 60.0
READY_POLL_S = 0.1
TEND_EVERY_S = 1.0
STOPPED_LIMIT = 2
SILENT_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Health:
    """What a service says of itself.

    Attributes
    ----------
    boot
        Which of its lives answers.
    trouble
        What somebody should mend, if anything.
    """

    boot: str
    trouble: str | None


class Probe(Protocol):
    """What tending asks of a service."""

    async def health_of(self, child: Child) -> Health | None:
        """Return what a service says at its port, or None if nothing answers."""
        ...


class HealthClient:
    """The health endpoints of the services, over HTTP on the loopback interface."""

    def __init__(self) -> None:
        # No proxy of the environment: these are this machine's own ports.
        self._client = httpx.AsyncClient(trust_env=False, timeout=1.0)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def unreadiness(self, child: Child) -> str | None:
        """Return why a service isn't ready, or None if it says it is, or that it stands by."""
        try:
            answer = await self._client.get(f"http://{LOOPBACK}:{child.spec.port}/readyz")
            if answer.is_success:
                return None
            told = answer.json()
            return None if told["standby"] else str(told["reason"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return "it doesn't answer"

    async def leads(self, child: Child) -> bool:
        """Tell whether a service does the work, and doesn't merely stand by."""
        try:
            answer = await self._client.get(f"http://{LOOPBACK}:{child.spec.port}/readyz")
        except httpx.HTTPError:
            return False
        return answer.is_success

    async def health_of(self, child: Child) -> Health | None:
        """Return what a service says at its port, or None if nothing answers."""
        try:
            answer = await self._client.get(f"http://{LOOPBACK}:{child.spec.port}/healthz")
            told = answer.json()
            return Health(str(told["boot"]), told.get("trouble"))
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None


async def wait_ready(child: Child, client: HealthClient, within_s: float = READY_WITHIN_S) -> None:
    """Wait until a service is ready and its boot is known.

    Raises
    ------
    StackFailed
        If it isn't in time.
    """
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + within_s
    reason: str | None = None
    while loop.time() < deadline_s:
        reason = await client.unreadiness(child)
        if reason is None:
            health = await client.health_of(child)
            if health is not None:
                child.boot, child.ready = health.boot, True
                return
        await asyncio.sleep(READY_POLL_S)
    raise StackFailed(
        f"{child.spec.name} isn't ready after {within_s:.0f} s ({reason}); "
        f"its last log line: {child.last_log_line()}"
    )


class Tending:
    """Ends a service that no longer answers, so that it is started again; tells what troubles one.

    The dead man's switch does that within a second to a process that holds keys; this is for
    one that holds none.
    """

    def __init__(self, child: Child, probe: Probe) -> None:
        self._child = child
        self._probe = probe
        self._pid: int | None = None
        self._seen = False
        self._stopped = 0
        self._silent = 0
        self._trouble: str | None = None

    async def check(self) -> str | None:
        """Look at the service once; return why it was killed, or what troubles it now, or None."""
        child = self._child
        if child.pid != self._pid:
            self._pid, self._seen, self._stopped, self._silent = child.pid, False, 0, 0
        if child.pid is None:
            return None
        self._stopped = self._stopped + 1 if _is_stopped(child.pid) else 0
        health = None if self._stopped else await self._probe.health_of(child)
        if health is not None:
            child.boot, self._seen, self._silent = health.boot, True, 0
            return self._news(health.trouble)
        if self._seen:
            self._silent += 1
        if child.pid == self._pid and (why := self._verdict()):
            child.kill()
            return why
        return None

    def _news(self, trouble: str | None) -> str | None:
        before, self._trouble = self._trouble, trouble
        return f"{self._child.spec.name}: {trouble}" if trouble and trouble != before else None

    def _verdict(self) -> str | None:
        if self._stopped >= STOPPED_LIMIT:
            return f"{self._child.spec.name} is suspended; ending it"
        if self._silent >= SILENT_LIMIT:
            return f"{self._child.spec.name} doesn't answer; ending it"
        return None


def _is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False
