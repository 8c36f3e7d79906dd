"""Ending a model's run midway, from another thread: what it works on must be gone by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.vision.errors import Halted
from lethe.vision.sessions import run_options

if TYPE_CHECKING:
    from typing import Any


class Halt:
    """A switch that the models of one thread share.

    A run looks at it between two nodes of its network: it ends a few milliseconds of processor
    time after `now`, with its activations freed.
    """

    def __init__(self) -> None:
        self._options = run_options()

    def now(self) -> None:
        """End the run that is going on, and every later one until `reset`. Thread-safe."""
        self._options.terminate = True

    def reset(self) -> None:
        """Let models run again."""
        self._options.terminate = False

    def check(self) -> None:
        """Go on only where nobody called `now`.

        Raises
        ------
        Halted
            If somebody did.
        """
        if self._options.terminate:
            raise Halted("cut short: its time was over")

    def run(self, session: Any, binding: Any) -> None:
        """Run a session over its bound arrays.

        Raises
        ------
        Halted
            If `now` was called before the end; what the outputs hold is no result.
        """
        try:
            session.run_with_iobinding(binding, self._options)
        except RuntimeError:
            self.check()
            raise
