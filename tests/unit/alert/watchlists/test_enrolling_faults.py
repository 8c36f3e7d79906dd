"""Enrolment goes on whatever is missing meanwhile: a broker, a database, a key, an outcome."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import update
from tests.support.brokers import eventually
from tests.support.enrolling_office import LIST, Office, outcome

from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.tables import references
from lethe.alert.watchlists.reference import ReferenceState
from lethe.contracts.enrolment import ReferenceEnrolled, ReferencePayload
from lethe.contracts.sealed import Purpose


async def test_what_the_broker_did_not_take_is_repeated(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    office.broker_away = True
    await office.enrolment._submit(office.enrolment._due())
    assert office.enrolment._due() == []
    office.broker_away = False
    async with office.running():
        office.wait_for_repeat()
        await office.until_sent(1)


async def test_a_reference_whose_data_key_is_erased_is_given_up(office: Office) -> None:
    await office.add("ada")
    for name in office.keys.names():
        office.keys.destroy(name)
    office.path.run_enrolment_slot()
    async with office.running():
        await eventually(lambda: not office.enrolment.is_active)
    assert office.sent == []


async def test_an_outcome_of_an_unknown_reference_changes_nothing(office: Office) -> None:
    reference = await office.add("ada")
    stranger = outcome(reference).model_copy(update={"reference_id": "another"})
    await office.hear(stranger)
    assert office.enrolment._due() == [reference.reference_id]


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads, tried = office.book.payloads, asyncio.Event()

    async def away(_reference_ids: Sequence[str]) -> Mapping[str, ReferencePayload]:
        tried.set()
        raise DatabaseUnavailable("the database didn't take a statement")

    await office.add("ada")
    monkeypatch.setattr(office.book, "payloads", away)
    office.path.run_enrolment_slot()
    async with office.running():
        await asyncio.wait_for(tried.wait(), 20)
        monkeypatch.setattr(office.book, "payloads", payloads)
        office.wait_for_repeat()
        await office.until_sent(1)
    busy = [s for s in office.path.alert._keyring._slots.values() if s.is_busy]
    assert (busy, Purpose.REFERENCE_IMAGE) == ([], office.sent[0].address.purpose)


async def test_outcomes_that_come_together_are_recorded_together_and_whoever_is_away_loses_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = [await office.add(f"person {number}") for number in range(3)]
    record, lots = office.book.record, list[int]()

    async def counted(outcomes: Sequence[ReferenceEnrolled]) -> set[str]:
        lots.append(len(outcomes))
        if len(lots) == 1:
            raise DatabaseUnavailable("the database didn't take a statement")
        return await record(outcomes)

    monkeypatch.setattr(office.book, "record", counted)
    for reference in added:
        office.enrolment.on_outcome(outcome(reference))
    async with office.running():
        await eventually(lambda: not office.enrolment.is_active)
    assert lots == [3, 3]
    states = {each.state for each in await office.book.references(LIST)}
    assert states == {ReferenceState.ENROLLED}
    # With the adding of three they are the six changes that there were.
    changes = [each.change for each in await office.book.after(LIST, 0, 10)]
    assert changes == [4, 5, 6]


async def test_an_image_that_was_altered_keeps_no_other_from_being_sent(office: Office) -> None:
    altered, whole = await office.add("ada"), await office.add("grace")
    statement = update(references).where(references.c.reference_id == altered.reference_id)
    async with office.term.write() as connection:
        await connection.execute(statement.values(image_ciphertext=b"altered"))
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    assert office.names() == [whole.reference_id]


async def test_images_that_no_key_is_left_for_are_not_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = list[int]()

    async def counted(reference_ids: Sequence[str]) -> Mapping[str, ReferencePayload]:
        read.append(len(reference_ids))
        return {}

    monkeypatch.setattr(office.book, "payloads", counted)
    await office.add("ada")
    await office.enrolment._submit(office.enrolment._due())
    office.path.run_enrolment_slot()
    office.path.time.advance_ms(400)
    await office.enrolment._submit(office.enrolment._due())
    assert read == []


async def test_an_image_that_is_read_for_longer_than_its_key_lives_is_sent_with_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, slow = office.book.payloads, True

    async def slowly(reference_ids: Sequence[str]) -> Mapping[str, ReferencePayload]:
        nonlocal slow
        found = await read(reference_ids)
        if slow:
            slow = False
            office.path.time.advance_ms(1_500)
            office.path.alert.reap()
        return found

    await office.add("ada")
    monkeypatch.setattr(office.book, "payloads", slowly)
    office.path.run_enrolment_slot()
    async with office.running():
        await eventually(lambda: not slow)
        office.wait_for_repeat()
        await office.until_sent(1)
    assert office.opened(office.sent[0]).image == b"the image of ada"
