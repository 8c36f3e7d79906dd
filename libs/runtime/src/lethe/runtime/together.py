"""Telling several things at once: a message costs more than what is in it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar

_T = TypeVar("_T")


class _Round(Generic[_T]):
    """What is told at once, and the task that tells it."""

    def __init__(self) -> None:
        self.items: list[_T] = []
        self.is_due = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Together(Generic[_T]):
    """Hands on what comes within a moment of each other.

    Parameters
    ----------
    send
        Gets the items in the order in which they came.
    within_s
        How long the first of them waits for others.
    most
        So many wait for no more.
    """

    def __init__(
        self, send: Callable[[list[_T]], Awaitable[None]], *, within_s: float, most: int
    ) -> None:
        self._send = send
        self._within_s = within_s
        self._most = most
        self._round: _Round[_T] | None = None

    async def tell(self, item: _T, *, at_once: bool = False) -> None:
        """Return when an item was handed on, or raise what that failed with.

        Parameters
        ----------
        at_once
            Somebody waits for it: it waits for nobody, nor do those that have come before.
        """
        told = self._round
        if told is None:
            told = self._round = _Round()
            told.task = asyncio.create_task(self._hand_on(told))
        told.items.append(item)
        if at_once or len(told.items) >= self._most:
            self._round = None
            told.is_due.set()
        if told.task is not None:
            # Whoever is cancelled leaves it to the others.
            await asyncio.shield(told.task)

    async def _hand_on(self, told: _Round[_T]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within_s):
                await told.is_due.wait()
        if self._round is told:
            self._round = None
        await self._send(told.items)
