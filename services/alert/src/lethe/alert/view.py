"""A view of a camera in the clear: for as long as it takes to send it, and no longer."""

import asyncio
from contextlib import ExitStack

from lethe.contracts.sealed import SealAddress
from lethe.contracts.topics import VIEW_MADE
from lethe.contracts.view import VIEW_BYTES
from lethe.shredding.holder import Holder
from lethe.shredding.memory import wipe
from lethe.shredding.sealing import LENGTH_BYTES


class View:
    """Opened when it is made; overwritten once all that it was lent to have given it back.

    If they don't, it is overwritten when its slot's keys are wiped: the dead man's switch is next.

    Parameters
    ----------
    lent
        To how many it is lent.

    Raises
    ------
    Erased, Refused
        If it doesn't open, see `Holder.opening`.

    Attributes
    ----------
    is_over
        Whether it is overwritten.
    """

    def __init__(self, holder: Holder, address: SealAddress, sealed: bytes, *, lent: int) -> None:
        self.captured = address.captured
        self.is_over = False
        self._lent = lent
        self._loop = asyncio.get_running_loop()
        self._room = memoryview(bytearray(VIEW_BYTES + LENGTH_BYTES))
        self._opened = ExitStack()
        self._content = self._opened.enter_context(
            holder.opening(VIEW_MADE.name, address, sealed, self._room, on_close=self._hurry)
        )

    def jpeg(self) -> bytes:
        """Return a copy to send, which is freed when it is sent.

        A connection may keep what it is given until its other end takes it: that can't be
        overwritten without sending something else.
        """
        return bytes(self._content)

    def give_back(self) -> None:
        """Say that one of those that it was lent to has no need of it any more."""
        self._lent -= 1
        if self._lent <= 0:
            self.close()

    def close(self) -> None:
        """Overwrite it, whoever still has it."""
        self.is_over = True
        self._opened.close()

    def _hurry(self) -> None:
        # Called by any thread in the middle of closing a slot, which mustn't be told anything then.
        self.is_over = True
        wipe(self._room)
        self._loop.call_soon_threadsafe(self.close)

    def __repr__(self) -> str:
        """Return no more than whether it is over."""
        return f"<View, over={self.is_over}>"
