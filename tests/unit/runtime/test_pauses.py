"""What lives as long as the process isn't looked through for garbage; what comes later is."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from lethe.runtime.pauses import spare_collections
from lethe.runtime.service import Stop
from lethe.runtime.serving import serve_parts


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


class Idle:
    """Publisher, reader and HTTP server of a service that nobody asks anything."""

    async def start(self) -> None:
        """Connect to nothing."""

    async def run(self) -> None:
        """Have nothing to do."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"nobody needs {name}")


class Connected(Idle):
    async def stop(self) -> None:
        """Disconnect."""


class Served(Idle):
    def stop(self) -> None:
        """Answer nobody any more."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_was_there_is_left_alone_and_what_comes_is_collected() -> None:
    before = Knot()
    spare_collections()
    assert not any(each is before for each in gc.get_objects())
    after = weakref.ref(Knot())
    gc.collect()
    assert after() is None


def test_garbage_of_the_start_is_collected_first() -> None:
    garbage = weakref.ref(Knot())
    spare_collections()
    assert garbage() is None


async def test_every_service_does_so_once_its_parts_are_there() -> None:
    stop = Stop()
    stop.set()
    await serve_parts(stop, publisher=Connected(), reader=Connected(), http=Served())  # type: ignore[arg-type]
    assert gc.get_freeze_count() > len(gc.get_objects())
