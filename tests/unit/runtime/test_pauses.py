"""What lives as long as the process isn't looked through for garbage; what comes later is."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from lethe.runtime.pauses import settle


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_what_was_there_is_left_alone_and_what_comes_is_collected() -> None:
    before = Knot()
    settle()
    assert not any(each is before for each in gc.get_objects())
    after = weakref.ref(Knot())
    gc.collect()
    assert after() is None


def test_garbage_of_the_start_is_collected_first() -> None:
    garbage = weakref.ref(Knot())
    settle()
    assert garbage() is None
