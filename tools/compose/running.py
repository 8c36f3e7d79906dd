"""The parts of a composition as processes: in the order, with the checks and ends of the file."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from tools.compose.file import Part
from tools.compose.stand_ins import StandIns

from lethe.cli.errors import StackFailed
from lethe.cli.stack import parented
from lethe.cli.stack.log_tail import last_line
from lethe.cli.stack.process import Child, ChildSpec, ending
from lethe.contracts.errors import LetheError

HEALTHY_WITHIN_S = 90.0
JOB_GRACE_S = 15.0
_CHECK_EVERY_S = 0.3
_COMPLETED = "service_completed_successfully"


class Composition:
    """Runs parts whose dependencies are met, until it is stopped.

    Parameters
    ----------
    logs
        Folder for what each part writes.
    notice
        Told in one line of what a user should know.
    """

    def __init__(
        self,
        parts: Mapping[str, Part],
        stand_ins: StandIns,
        ports: Mapping[str, int],
        logs: Path,
        notice: Callable[[str], None],
    ) -> None:
        self._parts = parts
        self._stand_ins = stand_ins
        self._ports = ports
        self._logs = logs
        self._notice = notice
        self._children: dict[str, Child] = {}
        self._jobs: dict[str, asyncio.subprocess.Process] = {}
        self._up: dict[str, asyncio.Task[None]] = {}
        self._failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()

    async def start(self) -> None:
        """Start every part once what it depends on is as it must be.

        Raises
        ------
        LetheError
            Of the first part that doesn't come up.
        """
        try:
            await self._guard(self._start_all())
        except* LetheError as failures:
            first: BaseException = failures
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None

    async def until(self, work: Coroutine[Any, Any, object]) -> None:
        """Run until `work` is done or a part is given up, which is raised."""
        await self._guard(work)

    async def stop(self) -> None:
        """End what was started for a while first, then what serves it."""
        for name, job in self._jobs.items():
            if job.returncode is None:
                job.send_signal(signal.SIGTERM)
                await self._ended(name, job)
        for child in self._children.values():
            child.begin_stop()
        await asyncio.gather(*(child.end_stop() for child in self._children.values()))

    async def _start_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            # A task takes its first step only when all of them are known.
            self._up = {
                name: group.create_task(self._bring_up(part)) for name, part in self._parts.items()
            }

    async def _bring_up(self, part: Part) -> None:
        for name in part.depends_on:
            if name in self._up:
                await self._up[name]
        if part.healthcheck:
            await self._serve(part)
        else:
            await self._run_job(part)

    async def _serve(self, part: Part) -> None:
        spec = ChildSpec(
            name=part.name,
            command=self._command(part),
            environment=self._stand_ins.environment(part),
            log_file=self._logs / f"{part.name}.log",
            port=self._ports[part.name],
        )
        child = Child(spec, self._notice, self._fail)
        self._children[part.name] = child
        await child.start()
        await self._healthy(part, child)
        child.ready = True

    async def _healthy(self, part: Part, child: Child) -> None:
        loop = asyncio.get_running_loop()
        end_s = loop.time() + HEALTHY_WITHIN_S
        command = [sys.executable if word == "python" else word for word in part.healthcheck]
        told = ""
        while loop.time() < end_s:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=_inherited() | child.spec.environment,
                stderr=asyncio.subprocess.PIPE,
            )
            _, said = await process.communicate()
            told = said.decode(errors="replace").strip()
            if process.returncode == 0:
                return
            await asyncio.sleep(_CHECK_EVERY_S)
        raise StackFailed(f"{part.name} isn't healthy ({told}); it said: {child.last_log_line()}")

    async def _run_job(self, part: Part) -> None:
        log_file = self._logs / f"{part.name}.log"
        with log_file.open("ab") as log:
            job = await asyncio.create_subprocess_exec(
                *(sys.executable, "-ISs", parented.__file__, str(os.getpid())),
                *self._command(part),
                env=_inherited() | self._stand_ins.environment(part),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._jobs[part.name] = job
        if any(each.depends_on.get(part.name) == _COMPLETED for each in self._parts.values()):
            await job.wait()
            if job.returncode != 0:
                how = ending(job.returncode or 0)
                raise StackFailed(f"{part.name} failed ({how}): {last_line(log_file)}")

    async def _ended(self, name: str, job: asyncio.subprocess.Process) -> None:
        try:
            await asyncio.wait_for(job.wait(), JOB_GRACE_S)
        except TimeoutError:
            self._notice(f"{name} didn't end in time; ending it")
            job.kill()
            await job.wait()

    def _command(self, part: Part) -> tuple[str, ...]:
        return (sys.executable, "-m", f"lethe.{part.service}", *self._stand_ins.command(part))

    def _fail(self, error: LetheError) -> None:
        if not self._failure.done():
            self._failure.set_result(error)

    async def _guard(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._failure}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                raise self._failure.result()
            task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LETHE_")}
