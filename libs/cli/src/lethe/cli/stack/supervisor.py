"""All processes of the embedded stack: started in order, watched, stopped whole."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from lethe.cli.errors import StackFailed
from lethe.cli.stack.brokers import StackBroker
from lethe.cli.stack.embedded import EmbeddedBroker
from lethe.cli.stack.external import ExternalBroker
from lethe.cli.stack.front import AlertFront
from lethe.cli.stack.health import TEND_EVERY_S, HealthClient, Tending, wait_ready
from lethe.cli.stack.ports import LOOPBACK, free_ports
from lethe.cli.stack.process import STOP_GRACE_S, Child, ChildSpec
from lethe.cli.stack.services import StackSettings, service_names, service_spec
from lethe.cli.stopping import CLOSED_BY_S, KILLED_BY_S, StopRequest
from lethe.contracts.errors import LetheError

Result = TypeVar("Result")


class Stack:
    """The embedded stack.

    Parameters
    ----------
    notice
        Told in one line of what a user should know: a service that was started again.
    stop
        Once somebody asked for the end, says how much time is left for it.
    """

    def __init__(
        self, settings: StackSettings, notice: Callable[[str], None], stop: StopRequest
    ) -> None:
        self.settings = settings
        self.notice = notice
        self._stop = stop
        self.children: dict[str, Child] = {}
        self._failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._broker = stack_broker(settings, notice)
        self._health = HealthClient()

    @property
    def alert_url(self) -> str:
        """Address of the alert page and API, whichever instance leads."""
        return f"http://{LOOPBACK}:{self.settings.port}"

    @property
    def purge_urls(self) -> list[str]:
        """Addresses of every purge."""
        return [f"http://{LOOPBACK}:{child.spec.port}" for child in self._instances("purge")]

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {child.spec.name: child.restarts for child in self.children.values()}

    def fail(self, error: LetheError) -> None:
        """End whatever runs under `guard` with this error; the first one counts."""
        if not self._failure.done():
            self._failure.set_result(error)

    async def start(self) -> None:
        """See to the broker, start the services at once, wait until all are ready.

        Raises
        ------
        LetheError
            If something doesn't start; the line names it and the last thing it logged.
        """
        await self.guard(self._broker.open(self._run))
        names = service_names(self.settings)
        has_front = self.settings.instances > 1
        for (instance_id, name), port in zip(names.items(), free_ports(len(names)), strict=True):
            is_page = instance_id == "alert-1" and not has_front
            chosen = self.settings.port if is_page else port
            environment = self._broker.environment
            spec = service_spec(instance_id, name, self.settings, environment, chosen)
            await self._run(instance_id, spec)
        await self.guard(self._all_ready())
        if has_front:
            front = AlertFront(self.settings.port, self._instances("alert"), self._health.leads)
            self._go_on(front.run(), "front")
            await self.guard(front.wait_leader())
        self._go_on(self._tend(), "tend")
        for name, work in self._broker.upkeep().items():
            self._go_on(work, name)

    async def guard(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do some work that ends with the stack: return its result or raise the stack's failure."""
        task = asyncio.create_task(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._failure}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._failure.done():
                raise self._failure.result()
            return task.result()
        finally:
            await _cancelled(task)

    async def stop(self) -> None:
        """End everything in under five seconds: services in order, then the broker.

        Counted from the request to stop, if that is what ends it.
        """
        for task in self._tasks:
            await _cancelled(task)
        services = self._services()
        for child in services:
            child.begin_stop()
        grace_s = self._stop.left_s(KILLED_BY_S, STOP_GRACE_S)
        await asyncio.gather(*(child.end_stop(grace_s) for child in services))
        with suppress(TimeoutError):
            async with self._stop.limit(CLOSED_BY_S, STOP_GRACE_S):
                await self._broker.close()
                await self._health.close()

    def kill(self) -> None:
        """End every process at once; `stop` has nothing left to wait for then."""
        for child in self.children.values():
            child.begin_stop(kill=True)

    def _instances(self, service: str) -> list[Child]:
        return [child for name, child in self.children.items() if name.startswith(f"{service}-")]

    def _services(self) -> list[Child]:
        return [child for name, child in self.children.items() if name != "broker"]

    async def _run(self, instance_id: str, spec: ChildSpec) -> Child:
        child = Child(spec, self.notice, self.fail)
        self.children[instance_id] = child
        await child.start()
        return child

    async def _all_ready(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._services():
                    group.create_task(wait_ready(child, self._health))
        except* LetheError as failures:
            raise failures.exceptions[0] from None

    async def _tend(self) -> None:
        tended = [Tending(child, self._health) for child in self._services()]
        while True:
            await asyncio.sleep(TEND_EVERY_S)
            for told in await asyncio.gather(*(each.check() for each in tended)):
                if told:
                    self.notice(told)

    def _go_on(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, LetheError):
            error = StackFailed(f"supervision ({task.get_name()}) failed: {type(error).__name__}")
        self.fail(error)


def stack_broker(settings: StackSettings, notice: Callable[[str], None]) -> StackBroker:
    """Return the broker that the settings name, or one that the stack brings itself."""
    if settings.broker is not None:
        return ExternalBroker(settings.broker, settings.trust, notice)
    return EmbeddedBroker(settings.data / "broker.log", settings.memory_bound_mb, notice)


@asynccontextmanager
async def running_stack(
    settings: StackSettings, notice: Callable[[str], None], stop: StopRequest
) -> AsyncIterator[Stack]:
    """Start a stack and stop it at the end, whatever happens between.

    The stack is given before it is started, so that it can be killed while it starts.
    """
    stack = Stack(settings, notice, stop)
    try:
        yield stack
    finally:
        await stack.stop()


async def _cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
