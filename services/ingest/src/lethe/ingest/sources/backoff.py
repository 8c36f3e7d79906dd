"""How long to wait before a live source is tried again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_S = 0.25
LONGEST_S = 30.0


class Backoff:
    """Waits that double from try to try, each shortened by up to a half at random.

    The random half keeps cameras that were cut off together from coming back together.
    There is no limit of tries.

    Parameters
    ----------
    uniform
        Gives a number from 0 to 1.
    """

    def __init__(
        self,
        first_s: float = FIRST_S,
        longest_s: float = LONGEST_S,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._uniform = uniform
        self._next_s = first_s

    def wait_s(self) -> float:
        """Return how long to wait now; the next wait is up to twice as long."""
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, self._longest_s)
        return wait_s * (1 - self._uniform() / 2)

    def be_patient(self) -> None:
        """Wait the longest from now on: something that refuses is not to be asked often."""
        self._next_s = self._longest_s

    def reset(self) -> None:
        """Begin with the first wait again: the source works."""
        self._next_s = self._first_s
