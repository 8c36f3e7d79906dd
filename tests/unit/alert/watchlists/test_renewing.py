"""A version is enrolled with another model pack: of its images, and to what orders named."""

import pytest
from tests.support.enrolling_office import LIST, Office, outcome

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.renewing import Renewal

PACK, LATER = "5a" * 32, "7b" * 32


def counted(renewal: Renewal) -> tuple[int, int, int, int]:
    return renewal.images, renewal.done, renewal.left, renewal.unfit


async def states(office: Office) -> dict[str, tuple[ReferenceState, str | None]]:
    return {
        each.reference_id: (each.state, each.pack) for each in await office.book.references(LIST)
    }


async def enrolled(office: Office, *names: str) -> list[Reference]:
    """Add people and let the first pack enrol them."""
    office.pack = PACK
    added = [await office.add(name) for name in names]
    for each in added:
        await office.hear(outcome(each, pack=PACK))
    return added


async def ordered(office: Office) -> str:
    content = await office.book.content_hash(LIST)
    await office.book.versions.freeze(LIST, content, {})
    return content


async def test_with_the_same_pack_nothing_is_submitted(office: Office) -> None:
    await enrolled(office, "ada", "grace")
    assert counted(await office.renewals().begin(LIST)) == (2, 2, 0, 0)
    assert not office.enrolment.is_active


async def test_another_pack_enrols_every_image_again_also_what_was_rejected(
    office: Office,
) -> None:
    ada, grace, mary = await enrolled(office, "ada", "grace", "mary")
    nobody = await office.add("nobody")
    await office.hear(outcome(nobody, "no_face", PACK))
    office.pack = LATER
    assert counted(await office.renewals().find(LIST)) == (4, 0, 4, 0)
    assert not office.enrolment.is_active, "nobody has asked for it yet"
    assert counted(await office.renewals().begin(LIST)) == (4, 0, 4, 0)
    assert {each.state for each in await office.book.references(LIST)} == {ReferenceState.SUBMITTED}
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(4)
    assert sorted(office.names()) == sorted(e.reference_id for e in (ada, grace, mary, nobody))
    await office.hear(outcome(ada, pack=LATER))
    await office.hear(outcome(grace, "blurred", LATER))
    assert counted(await office.renewals().find(LIST)) == (4, 2, 2, 0)
    await office.hear(outcome(mary, pack=LATER))
    await office.hear(outcome(nobody, pack=LATER))
    assert counted(await office.renewals().find(LIST)) == (4, 4, 0, 0)
    assert await states(office) == {
        ada.reference_id: (ReferenceState.ENROLLED, LATER),
        grace.reference_id: (ReferenceState.REJECTED, LATER),
        mary.reference_id: (ReferenceState.ENROLLED, LATER),
        nobody.reference_id: (ReferenceState.ENROLLED, LATER),
    }


async def test_a_restarted_alert_goes_on_with_what_is_left_and_does_nothing_twice(
    office: Office,
) -> None:
    ada, grace = await enrolled(office, "ada", "grace")
    office.pack = LATER
    await office.renewals().begin(LIST)
    await office.hear(outcome(ada, pack=LATER))
    await office.restarted().resume()
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
        await office.hear(outcome(grace, pack=LATER))
    assert office.names() == [grace.reference_id]
    # Asked for once more it submits nothing, and tells how far it has come.
    assert counted(await office.renewals().begin(LIST)) == (2, 2, 0, 0)
    assert not office.enrolment.is_active


async def test_each_image_has_a_change_of_its_own_so_that_nobody_misses_one(
    office: Office,
) -> None:
    added = await enrolled(office, *(f"person {number}" for number in range(5)))
    seen = max(each.change for each in await office.book.references(LIST))
    office.pack = LATER
    await office.renewals().begin(LIST)
    followed: list[str] = []
    while found := await office.book.after(LIST, seen, 2):
        seen = found[-1].change
        followed += [each.reference_id for each in found]
    assert followed == [each.reference_id for each in added]
    await office.hear(outcome(added[0], pack=LATER))
    [last] = await office.book.after(LIST, seen, 2)
    assert last.reference_id == added[0].reference_id


async def test_what_an_order_names_stays_what_it_is_while_it_is_enrolled_again(
    office: Office,
) -> None:
    ada, grace = await enrolled(office, "ada", "grace")
    rejected = await office.add("nobody")
    await office.hear(outcome(rejected, "no_face", PACK))
    content = await ordered(office)
    office.pack = LATER
    assert counted(await office.renewals().find(LIST)) == (2, 0, 2, 0)
    await office.renewals().begin(LIST)
    assert await office.book.content_hash(LIST) == content
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(2)
    assert sorted(office.names()) == sorted([ada.reference_id, grace.reference_id])
    await office.hear(outcome(ada, pack=LATER))
    await office.hear(outcome(grace, "blurred", LATER))
    assert await office.book.content_hash(LIST) == content
    assert counted(await office.renewals().find(LIST)) == (2, 1, 0, 1)
    [unfit] = [each for each in await office.book.references(LIST) if each.unfit_pack]
    assert (unfit.state, unfit.pack) == (ReferenceState.ENROLLED, PACK)
    assert (unfit.unfit_pack, unfit.unfit_fault) == (LATER, "blurred")
    # With the pack of before everything can be used, as it was.
    office.pack = PACK
    assert counted(await office.renewals().find(LIST)) == (2, 1, 1, 0)


async def test_a_list_that_cannot_be_whole_is_not_sent_again_and_again(office: Office) -> None:
    ada, grace = await enrolled(office, "ada", "grace")
    await ordered(office)
    office.pack = LATER
    await office.hear(outcome(ada, "blurred", LATER))
    for _ in range(3):
        await office.enrolment.submit_again(LIST)
        assert not office.enrolment.is_active
    # Somebody who asks for it has it tried once more.
    assert counted(await office.renewals().begin(LIST)) == (2, 0, 2, 0)
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(2)
    assert sorted(office.names()) == sorted([ada.reference_id, grace.reference_id])


@pytest.mark.parametrize(("held", "sent"), [(0, ["ada", "grace", "mary"]), (1, ["grace", "mary"])])
async def test_what_a_match_has_of_the_new_pack_is_not_sent_to_it_again(
    office: Office, held: int, sent: list[str]
) -> None:
    people = dict(
        zip(("ada", "grace", "mary"), await enrolled(office, "ada", "grace", "mary"), strict=True)
    )
    await ordered(office)
    office.pack = LATER
    await office.hear(outcome(people["ada"], pack=LATER))
    office.path.run_enrolment_slot()
    async with office.running():
        await office.enrolment.submit_again(LIST, held)
        await office.until_sent(len(sent))
    assert sorted(office.names()) == sorted(people[each].reference_id for each in sent)


async def test_without_a_detect_nothing_is_begun(office: Office) -> None:
    await enrolled(office, "ada")
    office.pack = None
    with pytest.raises(Conflict, match="no detect"):
        await office.renewals().begin(LIST)
    assert counted(await office.renewals().find(LIST)) == (1, 0, 1, 0)
    with pytest.raises(NotFound):
        await office.renewals().begin("none")
