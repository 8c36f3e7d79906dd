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
