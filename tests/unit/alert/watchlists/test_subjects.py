"""Subjects: their details, who may change them, and that nothing shows them by accident."""

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.watchlists import IMAGE, Records, details, entered, imaged, listed, outcome

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.subject import ImageOrigin, SubjectDetails
from lethe.contracts.errors import Erased, InvalidInput
from lethe.contracts.volunteers import CATEGORY, is_volunteer


async def test_a_subject_is_read_as_it_was_added(records: Records) -> None:
    told = details(
        instructions="arrest\nand search",
        warning_markers=["may run"],
        conditions="not to enter the square",
        is_child=True,
        is_vulnerable=True,
        image_origin="custody",
        image_note="taken last year",
        review_on="2026-12-01",
        expires_on="2027-01-31",
    )
    added = await entered(records.book, Entry(told))
    assert added.is_new
    subject = await records.reopened().subjects.find("list", added.subject_id)
    assert subject.details == told
    assert subject.details.image_origin is ImageOrigin.CUSTODY


async def test_the_same_details_again_are_the_subject_that_is_there(records: Records) -> None:
    first = await listed(records.book)
    again = await entered(records.reopened(), Entry(details()))
    assert (again.subject_id, again.is_new) == (first, False)


@pytest.mark.parametrize("number", ["no. Ada Lovelace", "NO. ADA LOVELACE"])
async def test_a_reference_number_is_one_subject(records: Records, number: str) -> None:
    ada = await listed(records.book)
    with pytest.raises(Conflict, match=f"{ada} has this reference number"):
        await entered(records.book, Entry(details("Grace", reference_number=number)))


async def test_subjects_come_in_pages_in_their_order(records: Records) -> None:
    people = [await listed(records.book, f"person {n}") for n in range(5)]
    first = await records.book.subjects.after("list", 0, 3)
    rest = await records.book.subjects.after("list", first[-1].place, 3)
    assert [each.subject_id for each in (*first, *rest)] == people
    assert await records.book.subjects.count("list") == 5


async def test_a_change_needs_what_was_read_last(records: Records) -> None:
    ada = await listed(records.book)
    changed = await records.book.subjects.edit("list", ada, details("Ada King"), 1)
    assert (changed.revision, changed.details.name) == (2, "Ada King")
    assert records.book.name_of("list", ada) == "Ada King"
    with pytest.raises(Stale):
        await records.book.subjects.edit("list", ada, details("Ada Byron"), 1)
    assert (await records.book.subjects.find("list", ada)).details.name == "Ada King"


async def test_a_change_takes_no_reference_number_of_another(records: Records) -> None:
    ada, _ = await listed(records.book), await listed(records.book, "Grace")
    with pytest.raises(Conflict):
        await records.book.subjects.edit(
            "list", ada, details(reference_number="no. Grace"), revision=1
        )


async def test_a_version_that_was_ordered_stays_as_it_is(records: Records) -> None:
    ada = await listed(records.book)
    await records.book.versions.freeze("list", "hash", {"other": 2})
    for call in (
        records.book.subjects.edit("list", ada, details("Ada King"), 1),
        records.book.subjects.remove("list", ada),
        entered(records.book, Entry(details("Grace"))),
    ):
        with pytest.raises(Conflict, match="was ordered"):
            await call
    assert (await entered(records.book, Entry(details()))).is_new is False


async def test_a_subject_leaves_with_what_was_rejected_but_not_with_what_is_enrolled(
    records: Records,
) -> None:
    ada = await listed(records.book)
    added = await imaged(records.book, "list", ada, IMAGE)
    with pytest.raises(Conflict):
        await records.book.subjects.remove("list", ada)
    await records.book.record([outcome(added.reference_id, "no_face")])
    await records.book.subjects.remove("list", ada)
    assert await records.book.references("list") == []
    assert records.book.name_of("list", ada) == ada
    with pytest.raises(NotFound):
        await records.book.subjects.find("list", ada)


async def test_names_are_known_again_after_a_restart(records: Records) -> None:
    ada = await listed(records.book)
    book = records.reopened()
    assert book.name_of("list", ada) == ada
    await book.restore()
    assert book.name_of("list", ada) == "Ada Lovelace"


async def test_what_has_expired_or_has_no_category_of_the_list_is_refused(
    records: Records,
) -> None:
    today = records.book.subjects._today()
    with pytest.raises(InvalidInput, match="last day on the list is over"):
        await entered(records.book, Entry(details(expires_on="2026-01-01")))
    await entered(records.book, Entry(details("Grace", expires_on=today.isoformat())))
    with pytest.raises(InvalidInput, match="one of wanted on warrant, court-order"):
        await entered(records.book, Entry(details("Mary", category="owes money")))


async def test_with_a_clock_of_before_2020_nobody_is_added(records: Records) -> None:
    records.clock.ms = -50 * 365 * 24 * 3_600_000
    with pytest.raises(InvalidInput, match="clock"):
        await listed(records.book)


async def test_without_the_key_there_are_no_details(records: Records) -> None:
    ada = await listed(records.book)
    for name in records.keys.names():
        records.keys.destroy(name)
    with pytest.raises(Erased):
        await records.book.subjects.find("list", ada)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grounds": " "},
        {"name": "Ada\x1b[2J"},
        {"name": ""},
        {"reference_number": "x" * 201},
        {"instructions": "x" * 2_001},
        {"warning_markers": ["x"] * 21},
        {"expires_on": "tomorrow"},
        {"nickname": "Ada"},
    ],
)
def test_details_that_do_not_fit_are_refused_without_being_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        details(**wrong)
    assert "Northtown" not in str(raised.value)
    assert "tomorrow" not in str(raised.value)


def test_details_stay_out_of_messages() -> None:
    told = details()
    assert (repr(told), str(told), f"{told}") == ("SubjectDetails()",) * 3


def test_what_was_kept_before_there_were_details_is_a_name() -> None:
    assert SubjectDetails.of_name("Ada").name == "Ada"


async def test_subjects_are_counted_by_category_whoever_they_are(records: Records) -> None:
    assert await records.book.subjects.composition("list") == {}
    for name, category in (("Ada", "other"), ("Grace", "other"), ("Mary", "wanted on warrant")):
        await entered(records.book, Entry(details(name, category=category)))
    assert await records.book.subjects.composition("list") == {"other": 2, "wanted on warrant": 1}


async def test_every_list_takes_volunteers_whose_ids_say_so_for_good(records: Records) -> None:
    ada = await listed(records.book)
    vera = details("Vera", category=CATEGORY)
    added = (await entered(records.book, Entry(vera))).subject_id
    assert (is_volunteer(added), is_volunteer(ada)) == (True, False)
    for subject_id, category in ((added, "other"), (ada, CATEGORY)):
        changed = details("Somebody", category=category)
        with pytest.raises(InvalidInput, match="list somebody anew"):
            await records.book.subjects.edit("list", subject_id, changed, 1)
    await records.book.subjects.edit("list", added, details("Vera V", category=CATEGORY), 1)
    reopened = records.reopened()
    await reopened.restore()
    assert reopened.subjects.volunteers("list") == {added}
    assert reopened.subjects.volunteers("another") == frozenset()
