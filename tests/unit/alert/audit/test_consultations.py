"""What was sent on a stream is told in the audit log, for all listeners at once."""

import asyncio

import pytest

from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.deeds import MOST_RECORDS, Act, Actor, Deed
from lethe.alert.errors import DatabaseUnavailable, NotLeading

ANN, BOB = Actor("ann", ("operator",)), Actor("bob", ("supervisor",))


class Kept:
    """An audit log in memory; it fails as often as it is told to."""

    def __init__(self) -> None:
        self.transactions: list[tuple[Deed, ...]] = []
        self.faults: list[Exception] = []

    async def append(self, *deeds: Deed) -> None:
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop()
        self.transactions.append(deeds)

    def seen(self, actor: Actor) -> list[str]:
        return [
            record
            for deeds in self.transactions
            for deed in deeds
            if deed.actor == actor and deed.act is Act.CONSULTATION
            for record in deed.records
        ]


async def test_who_listens_is_told_before_they_are_sent_anything() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    await consultations.begin(ANN, 12)
    await consultations.begin(BOB, -1)
    assert (kept.seen(ANN), kept.seen(BOB)) == (["alerts-after:12"], ["alerts:to-come"])


async def test_those_who_come_while_another_is_being_told_are_told_together() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    everybody = [Actor(f"officer-{number}", ("operator",)) for number in range(500)]
    await asyncio.gather(*(consultations.begin(actor, 7) for actor in everybody))
    assert all(kept.seen(actor) == ["alerts-after:7"] for actor in everybody)
    assert len(kept.transactions) <= 4
    await consultations.begin(ANN, 8)
    assert kept.seen(ANN) == ["alerts-after:8"]


async def test_whoever_could_not_be_told_is_not_let_in_and_keeps_nobody_else_out() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    kept.faults = [DatabaseUnavailable("away")]
    outcomes = await asyncio.gather(
        *(consultations.begin(actor, 1) for actor in (ANN, BOB)), return_exceptions=True
    )
    assert [type(each) for each in outcomes] == [DatabaseUnavailable, type(None)]
    assert (kept.seen(ANN), kept.seen(BOB)) == ([], ["alerts-after:1"])


async def test_those_who_could_not_be_told_together_are_not_tried_one_by_one() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    kept.faults = [DatabaseUnavailable("away") for _ in range(100)]
    everybody = [Actor(f"officer-{number}", ("operator",)) for number in range(100)]
    outcomes = await asyncio.gather(
        *(consultations.begin(actor, 1) for actor in everybody), return_exceptions=True
    )
    assert {type(each) for each in outcomes} == {DatabaseUnavailable}
    assert len(kept.faults) == 98, "the first was tried alone, and then all others at once"
    kept.faults.clear()
    await consultations.begin(ANN, 2)
    assert [len(deeds) for deeds in kept.transactions] == [1], "who gave up isn't told later"
    assert kept.seen(ANN) == ["alerts-after:2"]


async def test_who_leaves_while_waiting_is_not_told() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    first = asyncio.create_task(consultations.begin(ANN, 1))
    second = asyncio.create_task(consultations.begin(BOB, 1))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await consultations.begin(Actor("cid", ()), 1)
    assert (kept.seen(ANN), kept.seen(BOB)) == (["alerts-after:1"], [])


async def test_what_many_were_sent_is_told_in_one_transaction_and_once() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    for alert_id in ("a", "b", "a"):
        for actor in (ANN, BOB):
            consultations.note(actor, alert_id)
    await consultations.tell()
    await consultations.tell()
    assert len(kept.transactions) == 1
    assert (kept.seen(ANN), kept.seen(BOB)) == (["alert:a", "alert:b"],) * 2


async def test_more_than_one_entry_holds_is_told_in_several() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    for number in range(MOST_RECORDS + 1):
        consultations.note(ANN, f"{number:03}")
    await consultations.tell()
    assert [len(deed.records) for deed in kept.transactions[0]] == [MOST_RECORDS, 1]


async def test_what_could_not_be_told_is_told_later() -> None:
    kept = Kept()
    consultations = Consultations(kept)
    consultations.note(ANN, "a")
    kept.faults.append(DatabaseUnavailable("away"))
    with pytest.raises(DatabaseUnavailable):
        await consultations.tell()
    await consultations.tell()
    assert kept.seen(ANN) == ["alert:a"]


@pytest.mark.parametrize("fault", [None, NotLeading("another leads")])
async def test_at_the_end_of_a_term_the_rest_is_told_if_it_still_can_be(
    fault: Exception | None,
) -> None:
    kept = Kept()
    consultations = Consultations(kept)
    running = asyncio.create_task(consultations.run())
    await asyncio.sleep(0)
    consultations.note(ANN, "a")
    kept.faults += [fault] if fault else []
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert kept.seen(ANN) == ([] if fault else ["alert:a"])
