"""One of several steps that fails, or at which the process is killed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lethe.contracts.errors import Transient


class Killed(BaseException):
    """What stands for SIGKILL: nothing catches it, and no process goes on after it."""


@dataclass
class BrokenStep:
    """Breaks at one step, once: before it was taken or after, the first time or a later one."""

    name: str
    is_after: bool
    turn: int
    fault: type[BaseException]
    has_broken: bool = False

    def wrap(self, owner: object, method: str, name: str | None = None) -> None:
        """Let a method of an object be a step."""
        step: Callable[..., Awaitable[Any]] = getattr(owner, method)

        async def taken(*arguments: Any, **named: Any) -> Any:
            is_it = self._is_now(name or method)
            if is_it and not self.is_after:
                self._break()
            result = await step(*arguments, **named)
            if is_it:
                self._break()
            return result

        setattr(owner, method, taken)

    def _is_now(self, name: str) -> bool:
        if name != self.name or self.has_broken:
            return False
        self.turn -= 1
        return self.turn == 0

    def _break(self) -> None:
        self.has_broken = True
        if self.fault is Transient:
            raise Transient("not now, or the answer got lost")
        raise self.fault
