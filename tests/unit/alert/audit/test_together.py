"""Deeds of several callers share a transaction, and none is held against another."""

import asyncio

import pytest

from lethe.alert.audit.deeds import Act, Deed
from lethe.alert.audit.together import ToldTogether
from lethe.contracts.errors import InvalidInput

WRONG = "wrong"


class Kept:
    """Transactions; one with a wrong deed fails as a whole."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []

    async def tell(self, *deeds: Deed) -> None:
        await asyncio.sleep(0)
        whys = [deed.why for deed in deeds]
        if WRONG in whys:
            raise InvalidInput("the names are too long")
        self.transactions.append(whys)


def deed(why: str) -> Deed:
    return Deed(Act.CONSULTATION, ("alert:a",), why)


async def test_those_who_come_meanwhile_share_the_next_in_their_order() -> None:
    kept = Kept()
    together = ToldTogether(kept.tell)
    await asyncio.gather(*(together.tell(deed(why), deed(f"{why}2")) for why in "abcd"))
    assert kept.transactions == [["a", "a2"], ["b", "b2", "c", "c2", "d", "d2"]]


async def test_what_is_wrong_with_one_is_told_to_nobody_else() -> None:
    kept = Kept()
    together = ToldTogether(kept.tell)
    outcomes = await asyncio.gather(
        *(together.tell(deed(why)) for why in ("a", "b", WRONG, "c")), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [type(None), type(None), InvalidInput, type(None)]
    assert kept.transactions == [["a"], ["b"], ["c"]]


async def test_a_transaction_has_two_hundred_deeds_at_most_or_one_caller() -> None:
    kept = Kept()
    together = ToldTogether(kept.tell)
    many = [deed("many")] * 300
    await asyncio.gather(
        together.tell(deed("first")),
        together.tell(*many),
        *(together.tell(deed("x")) for _ in range(250)),
    )
    assert [len(each) for each in kept.transactions] == [1, 300, 200, 50]


async def test_who_tells_for_others_and_leaves_keeps_none_of_them_waiting() -> None:
    kept = Kept()
    together = ToldTogether(kept.tell)
    first = asyncio.create_task(together.tell(deed("a")))
    others = [asyncio.create_task(together.tell(deed(why))) for why in "bc"]
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.gather(*others)
    assert kept.transactions == [["b", "c"]]
