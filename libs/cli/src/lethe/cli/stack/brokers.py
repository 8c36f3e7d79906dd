"""The stack's broker as a port: one that it brings itself, or one that is there already."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from lethe.cli.stack.process import Child, ChildSpec

Run = Callable[[str, ChildSpec], Awaitable[Child]]
"""Starts a process of the stack under a name and watches over it."""


class StackBroker(Protocol):
    """What the stack asks of its broker."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which services reach it."""
        ...

    async def open(self, run: Run) -> None:
        """See that it is there and holds the registry's topics.

        Raises
        ------
        LetheError
            If it doesn't; `InvalidInput` where the user can mend that.
        """
        ...

    def upkeep(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Return what has to go on while the stack runs, by name."""
        ...

    async def close(self) -> None:
        """Let go of it, after the services have ended."""
        ...
