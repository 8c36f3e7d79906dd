"""What comes within a moment is handed on at once, and each hears what became of it."""

import asyncio

import pytest
from tests.support.brokers import eventually

from lethe.contracts.errors import Transient
from lethe.runtime.together import Together

LONG_S = 3600.0


class Hands:
    """Takes what is handed on."""

    def __init__(self, *, fails: bool = False) -> None:
        self.taken: list[list[int]] = []
        self.fails = fails

    async def take(self, items: list[int]) -> None:
        await asyncio.sleep(0)
        self.taken.append(items)
        if self.fails:
            raise Transient("away")


async def test_what_waits_goes_with_what_may_not_wait() -> None:
    hands = Hands()
    together = Together(hands.take, within_s=LONG_S, most=10)
    waiting = [asyncio.create_task(together.tell(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert hands.taken == []
    await together.tell(3, at_once=True)
    await asyncio.gather(*waiting)
    assert hands.taken == [[0, 1, 2, 3]]


async def test_so_many_wait_for_no_more() -> None:
    hands = Hands()
    together = Together(hands.take, within_s=LONG_S, most=2)
    tasks = [asyncio.create_task(together.tell(number)) for number in range(5)]
    await eventually(lambda: hands.taken == [[0, 1], [2, 3]])
    assert not tasks[4].done()
    await together.tell(5)
    await asyncio.gather(*tasks)
    assert hands.taken[-1] == [4, 5]


async def test_the_first_waits_for_a_moment_only() -> None:
    hands = Hands()
    await Together(hands.take, within_s=0.0, most=10).tell(1)
    assert hands.taken == [[1]]


async def test_everybody_hears_that_it_failed_and_the_next_are_handed_on() -> None:
    hands = Hands(fails=True)
    together = Together(hands.take, within_s=LONG_S, most=2)
    told = await asyncio.gather(together.tell(1), together.tell(2), return_exceptions=True)
    assert [type(each) for each in told] == [Transient, Transient]
    hands.fails = False
    await together.tell(3, at_once=True)
    assert hands.taken == [[1, 2], [3]]


async def test_one_who_is_cancelled_leaves_the_others_theirs() -> None:
    hands = Hands()
    together = Together(hands.take, within_s=LONG_S, most=2)
    first = asyncio.create_task(together.tell(1))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await together.tell(2)
    assert hands.taken == [[1, 2]]
