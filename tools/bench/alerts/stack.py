"""A real alert over TLS with its broker, candidate lists at a steady rate, and the crowd."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from tests.support.brokers import running_broker
from tests.support.page_desk import FACE
from tests.support.running_alerts import RunningAlerts, running_alerts
from tests.support.tls import identity_of
from tools.bench.alerts.before import leave_alerts

from lethe.alert.identity.principal import Role
from lethe.cli.identity.minting import Grant, mint
from lethe.cli.stack.process import Child

HOST = "localhost"
LISTENERS = 1_000
A_SECOND = 10
OURS, OTHERS = "deployment-1", "deployment-2"
_LINE_BYTES = 16 * 1024 * 1024


class Crowd:
    """The load generator's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.usage = psutil.Process(process.pid)

    async def ask(self, do: str, **told: Any) -> dict[str, Any]:
        """Have it do something; return what it says afterwards."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **told}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        assert line, "the load generator ended"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass(frozen=True, slots=True)
class UnderLoad:
    """What is measured.

    Attributes
    ----------
    server
        The process of alert.
    """

    alerts: RunningAlerts
    leader: Child
    server: psutil.Process
    ca_file: Path

    def origin(self) -> str:
        """Return the address of alert."""
        return self.alerts.origin(self.leader)

    def token(self, name: str, deployment_id: str = OURS) -> str:
        """Return an officer's token for one deployment."""
        roles = (Role.ENGAGEMENT_OFFICER,)
        return mint(Grant(name, roles, (deployment_id,)), self.alerts.trust.folder)

    async def raise_steadily(self, seconds: float, deployments: tuple[str, ...] = (OURS,)) -> None:
        """Have ten alerts raised a second, of each deployment in turn, and one a second of others.

        The times are kept whatever a publication takes.
        """
        begun_s = time.monotonic()
        for number in range(round(seconds * A_SECOND)):
            await asyncio.sleep(max(0.0, begun_s + number / A_SECOND - time.monotonic()))
            await self.publish(1, deployments[number % len(deployments)])
            if number % A_SECOND == 0:
                await self.publish(1, OTHERS)

    async def publish(self, count: int, deployment_id: str = OURS) -> None:
        """Publish candidate lists with a picture of a usual size."""
        await self.alerts.publish(count, crop=FACE, deployment_id=deployment_id)

    @asynccontextmanager
    async def crowd(
        self, deployments: tuple[str, ...] = (OURS,), *, after: int = 0
    ) -> AsyncIterator[Crowd]:
        """Give a thousand listeners, each of them somebody else, and of one deployment.

        Parameters
        ----------
        after
            The sequence of the newest alert that all of them have.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tools.bench.alerts.crowd"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
        )
        try:
            crowd = Crowd(process)
            listeners = []
            for number in range(LISTENERS):
                deployment_id = deployments[number % len(deployments)]
                token = self.token(f"officer-{number}", deployment_id)
                listeners.append({"token": token, "deployment_id": deployment_id})
            await crowd.ask(
                "gather",
                host=HOST,
                port=self.leader.spec.port,
                ca_file=str(self.ca_file),
                after=after,
                listeners=listeners,
            )
            yield crowd
        finally:
            process.kill()
            await process.wait()


@asynccontextmanager
async def under_load(*, after_a_long_day: bool = False) -> AsyncIterator[UnderLoad]:
    """Run a broker and an alert that leads, if so told with as many alerts as its stream keeps."""
    with tempfile.TemporaryDirectory(prefix="lethe-bench-alerts-") as name:
        folder = Path(name)
        identity = identity_of(folder, HOST)
        if after_a_long_day:
            await leave_alerts(folder / "alert" / "database" / "alerts.sqlite")
        async with (
            running_broker(folder) as broker,
            running_alerts(broker, folder, ("alert-1",), identity=identity) as alerts,
        ):
            leader = await alerts.leader()
            assert leader.pid is not None
            yield UnderLoad(alerts, leader, psutil.Process(leader.pid), identity.ca_file)


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)
