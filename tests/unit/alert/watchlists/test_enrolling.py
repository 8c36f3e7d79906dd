"""Images go out sealed until their outcome is known."""

import pytest
from tests.support.enrolling_office import LIST, REPEAT_MS, Office, outcome

from lethe.alert.watchlists.reference import ReferenceState


async def test_a_submitted_image_goes_out_sealed_and_detect_opens_it(office: Office) -> None:
    reference = await office.add("ada")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    [sealed] = office.sent
    assert b"the image" not in bytes(sealed.body)
    payload = office.opened(sealed)
    assert (payload.reference_id, payload.image) == (reference.reference_id, b"the image of ada")


async def test_without_a_key_it_waits_for_one(office: Office) -> None:
    await office.add("ada")
    async with office.running():
        await office.enrolment._submit(office.enrolment._due())
        assert (office.sent, office.enrolment.is_active) == ([], True)
        office.path.run_enrolment_slot()
        await office.until_sent(1)


async def test_a_key_without_time_left_for_the_others_is_not_used(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    office.path.time.advance_ms(400)
    await office.enrolment._submit(office.enrolment._due())
    assert office.sent == []


async def test_what_got_no_outcome_is_repeated_and_not_before_its_time(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
        office.path.time.advance_ms(REPEAT_MS - 1)
        assert office.enrolment._due() == []
        office.path.time.advance_ms(-REPEAT_MS + 1)
        office.wait_for_repeat()
        await office.until_sent(2)
    assert office.names()[0] == office.names()[1]
    assert office.sent[0].address.slot != office.sent[1].address.slot


@pytest.mark.parametrize("fault", [None, "no_face"])
async def test_it_stops_when_it_is_told_the_outcome(office: Office, fault: str | None) -> None:
    reference, other = await office.add("ada"), await office.add("grace")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(2)
        await office.hear(outcome(reference, fault))
        assert office.enrolment.is_active
        office.wait_for_repeat()
        await office.until_sent(3)
        await office.hear(outcome(other))
        assert not office.enrolment.is_active
    assert office.names()[2:] == [other.reference_id]
    states = {
        office.book.name_of(LIST, r.subject_id): r.state for r in await office.book.references(LIST)
    }
    told = ReferenceState.ENROLLED if fault is None else ReferenceState.REJECTED
    assert states == {"ada": told, "grace": ReferenceState.ENROLLED}


async def test_of_many_only_a_few_are_under_way_at_first_and_more_when_they_come_through(
    office: Office,
) -> None:
    added = [await office.add(f"person {number}") for number in range(8)]
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(4)
        assert office.enrolment._due() == []
        by_id = {reference.reference_id: reference for reference in added}
        await office.hear(outcome(by_id[office.names()[0]]))
        await office.until_sent(6)
        assert office.enrolment._due() == []
    assert len(set(office.names())) == 6


async def test_when_none_come_through_fewer_are_under_way(office: Office) -> None:
    for number in range(6):
        await office.add(f"person {number}")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(4)
        office.wait_for_repeat()
        await office.until_sent(6)
        assert office.enrolment._due() == []
    assert office.names()[4:] not in (office.names()[:2], [])


async def test_a_list_that_match_lost_is_submitted_again_but_not_what_was_rejected(
    office: Office,
) -> None:
    kept, rejected = await office.add("ada"), await office.add("nobody")
    await office.hear(outcome(kept))
    await office.hear(outcome(rejected, "no_face"))
    assert not office.enrolment.is_active
    office.path.run_enrolment_slot()
    async with office.running():
        await office.enrolment.submit_again(LIST)
        await office.until_sent(1)
        await office.hear(outcome(kept))
    assert office.names() == [kept.reference_id]
    assert not office.enrolment.is_active


async def test_a_restarted_alert_goes_on_with_what_was_not_settled(office: Office) -> None:
    settled, open_one = await office.add("ada"), await office.add("grace")
    await office.hear(outcome(settled))
    await office.restarted().resume()
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    assert office.names() == [open_one.reference_id]
