"""Deeds of several callers told in one transaction: whoever comes while one is under way shares
the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from lethe.alert.audit.deeds import Deed
from lethe.contracts.errors import InvalidInput, LetheError

_AT_ONCE = 200
"""Deeds in one transaction: the alert that is raised meanwhile mustn't wait for long."""


@dataclass(slots=True, eq=False)
class _Call:
    """Somebody waits until their deeds are told."""

    deeds: Sequence[Deed]
    is_settled: bool = False
    fault: LetheError | None = None
    """Why they weren't told."""


class ToldTogether:
    """Tells deeds, those of each caller all or none.

    A database that hangs would keep each caller waiting in turn for as long: those who are told
    together fail together.

    Parameters
    ----------
    tell
        Tells deeds in their order, all or none; raises as `Audit.append` does.
    """

    def __init__(self, tell: Callable[..., Awaitable[None]]) -> None:
        self._tell = tell
        self._turn = asyncio.Lock()
        self._waiting: list[_Call] = []

    async def tell(self, *deeds: Deed) -> None:
        """Tell deeds; raises as `Audit.append` does."""
        call = _Call(deeds)
        self._waiting.append(call)
        try:
            async with self._turn:
                if not call.is_settled:
                    await self._settle_first()
        finally:
            if not call.is_settled:
                self._waiting.remove(call)
        if call.fault is not None:
            # One fault for many: each would add to the traceback of the others.
            raise call.fault.with_traceback(None)

    async def _settle_first(self) -> None:
        """Tell the first of those who wait: whoever's turn it is is the first of all."""
        tried = self._waiting[:1]
        for call in self._waiting[1:]:
            if sum(len(each.deeds) for each in tried) + len(call.deeds) > _AT_ONCE:
                break
            tried.append(call)
        try:
            await self._settle(tried)
        finally:
            self._waiting = [each for each in self._waiting if not each.is_settled]

    async def _settle(self, tried: Sequence[_Call]) -> None:
        fault: LetheError | None = None
        try:
            await self._tell(*(deed for call in tried for deed in call.deeds))
        except InvalidInput as error:
            if len(tried) > 1:
                # Of one of them; the others are told all the same.
                for call in tried:
                    await self._settle([call])
                return
            fault = error
        except LetheError as error:
            fault = error
        for call in tried:
            call.is_settled, call.fault = True, fault
