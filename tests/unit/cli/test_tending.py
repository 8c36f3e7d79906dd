"""What tending tells of services that answer: trouble, once for as long as it lasts."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import cast

from lethe.cli.stack.health import Health, Tending
from lethe.cli.stack.process import Child


class Living:
    """A child whose process is this one."""

    spec = SimpleNamespace(name="detect 1")
    pid = os.getpid()
    boot = None


class Telling:
    """A probe that tells one trouble after the other."""

    def __init__(self, *troubles: str | None) -> None:
        self._troubles = list(troubles)

    async def health_of(self, _child: Child) -> Health | None:
        return Health("boot", self._troubles.pop(0))


def test_trouble_is_told_once_and_again_when_it_is_another_or_back() -> None:
    looks = [None, "a", "a", "b", None, "b"]
    tending = Tending(cast(Child, Living()), Telling(*looks))
    told = [asyncio.run(tending.check()) for _ in looks]
    assert told == [None, "detect 1: a", None, "detect 1: b", None, "detect 1: b"]
