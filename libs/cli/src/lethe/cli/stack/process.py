"""One supervised process: started, watched, started again, stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.errors import EXIT_INVALID, StackFailed, one_line
from lethe.cli.stack import parented
from lethe.cli.stack.log_tail import last_line
from lethe.cli.stack.restarts import RESTART_LIMIT, RestartBudget
from lethe.contracts.errors import InvalidInput, LetheError
from lethe.contracts.instants import Instant
from lethe.contracts.keys import Predecessor
from lethe.shredding.clock import SystemClock, instant

STOP_GRACE_S = 3.0


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run.

    Attributes
    ----------
    name
        How the user is told of it: "detect", "broker".
    environment
        Added to the environment of this process.
    port
        Its port on the loopback interface: health endpoints of a service.
    restart_limit
        Restarts within a minute before it is given up.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log_file: Path
    port: int
    restart_limit: int = RESTART_LIMIT


def ending(return_code: int) -> str:
    """Return how a process ended, in words: "signal 9" or "exit code 1"."""
    return f"signal {-return_code}" if return_code < 0 else f"exit code {return_code}"


class Child:
    """A process under supervision.

    Until `ready` is set, its end is a failure of the start; afterwards it is started again.

    Parameters
    ----------
    notice
        Told, in one line, when it is started again.
    failed
        Told once when it is given up.
    """

    def __init__(
        self,
        spec: ChildSpec,
        notice: Callable[[str], None],
        failed: Callable[[LetheError], None],
    ) -> None:
        self.spec = spec
        self.ready = False
        self.boot: str | None = None
        self._notice = notice
        self._failed = failed
        self._budget = RestartBudget(spec.restart_limit)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._predecessor: Predecessor | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._budget.total

    async def start(self) -> None:
        """Start it and watch over it."""
        await self._spawn()
        self._watch = asyncio.create_task(self._watch_over(), name=f"watch {self.spec.name}")

    def kill(self) -> None:
        """End it at once; while it isn't being stopped it is started again."""
        self._signal(signal.SIGKILL)

    def begin_stop(self, *, kill: bool = False) -> None:
        """Ask it to end, for good."""
        self._stopping = True
        self._signal(signal.SIGKILL if kill else signal.SIGTERM)

    async def end_stop(self, grace_s: float = STOP_GRACE_S) -> None:
        """Wait for its end, with SIGKILL after the grace."""
        self._stopping = True
        if self._watch is None:
            return
        _, waiting = await asyncio.wait({self._watch}, timeout=grace_s)
        if waiting:
            self._signal(signal.SIGKILL)
            await asyncio.wait({self._watch})

    def last_log_line(self) -> str:
        """Return the last thing it logged, in one line."""
        return one_line(last_line(self.spec.log_file))

    def _signal(self, number: signal.Signals) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        try:
            process.send_signal(number)
            if number is not signal.SIGKILL:
                # A stopped process takes no other signal before it goes on.
                process.send_signal(signal.SIGCONT)
        except ProcessLookupError:
            return

    async def _spawn(self) -> None:
        # Settings of a deployment that the user's shell carries are not this stack's: one that
        # names an address could open it to the network.
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("LETHE_")}
        environment = inherited | self.spec.environment
        if self._predecessor is not None:
            environment["LETHE_PREDECESSOR"] = self._predecessor.model_dump_json()
        arguments = [sys.executable, "-ISs", parented.__file__, str(os.getpid())]
        with self.spec.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                *self.spec.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                # Ctrl-C at a terminal goes to the supervisor alone, which ends all in order.
                start_new_session=True,
            )

    async def _watch_over(self) -> None:
        while self._process is not None:
            return_code = await self._process.wait()
            if self._stopping:
                return
            self._remember(instant(SystemClock()))
            if not await self._go_on_after(return_code):
                return

    def _remember(self, exited: Instant) -> None:
        if self.boot is not None:
            self._predecessor = Predecessor(boot=self.boot, exited=exited)
            self.boot = None

    async def _go_on_after(self, return_code: int) -> bool:
        """Start it again and return True, or report that it is given up."""
        name, how = self.spec.name, ending(return_code)
        if not self.ready:
            # A service ends with 2 for what the user can mend, as this command does.
            kind = InvalidInput if return_code == EXIT_INVALID else StackFailed
            self._failed(kind(f"{name} didn't start ({how}): {self.last_log_line()}"))
            return False
        delay_s = self._budget.delay_s(asyncio.get_running_loop().time())
        if delay_s is None:
            self._failed(StackFailed(self._given_up(how)))
            return False
        await asyncio.sleep(delay_s)
        if self._stopping:
            return False
        await self._spawn()
        self._notice(f"{name} stopped ({how}); started again")
        return True

    def _given_up(self, how: str) -> str:
        name = self.spec.name
        if self.spec.restart_limit == 0:
            return (
                f"the {name} stopped ({how}) and lost what it held, so all was ended: start again"
            )
        times = self.spec.restart_limit + 1
        return f"{name} stopped {times} times in a minute ({how}): {self.last_log_line()}"
