"""Where tests of readers collect what comes, and how such readers go."""

from collections.abc import Callable

import pytest

from lethe.contracts.errors import Refused
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.runtime.records import Record

ALL = frozenset(range(FRAME_CAPTURED.partitions))


Rest = Callable[[], float] | None
RESTING = pytest.mark.parametrize("rest_s", [None, lambda: 0.02], ids=["never rests", "rests"])


class Inbox:
    """Collects records; refuses those it is told to."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    async def take(self, record: Record) -> None:
        if record.body == b"garbage":
            raise Refused("not this one")
        self.records.append(record)

    @property
    def bodies(self) -> list[bytes]:
        return [record.body for record in self.records]
