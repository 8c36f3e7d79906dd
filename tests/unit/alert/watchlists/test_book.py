"""Images of subjects: kept sealed, taken once, and what becomes of them."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest
from tests.support.watchlists import IMAGE, Records, imaged, listed, outcome

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.watchlists.reference import ReferenceState
from lethe.contracts.errors import Erased
from lethe.contracts.orders import watchlist_hash


def _stored(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("alert.sqlite*"))


async def test_a_reference_is_kept_with_its_image(records: Records) -> None:
    ada = await listed(records.book)
    added = await imaged(records.book, "list", ada, IMAGE)
    assert await records.book.references("list") == [added]
    assert added.state is ReferenceState.SUBMITTED
    payload = await records.book.payload(added.reference_id)
    assert payload.image == IMAGE
    assert payload.image_sha256 == sha256(IMAGE).hexdigest()


async def test_details_and_images_are_on_disk_only_sealed(records: Records, tmp_path: Path) -> None:
    ada = await listed(records.book)
    await imaged(records.book, "list", ada, IMAGE)
    stored = _stored(tmp_path)
    assert ada.encode() in stored
    for secret in (b"Lovelace", b"Northtown", b"warrant", IMAGE):
        assert secret not in stored


async def test_the_same_image_of_a_subject_is_one_reference_however_often_it_is_added(
    records: Records,
) -> None:
    ada = await listed(records.book)
    added = await asyncio.gather(
        *(imaged(records.book, "list", ada, IMAGE) for _ in range(3)),
        imaged(records.book, "list", ada, IMAGE + b"2"),
    )
    assert len({reference.reference_id for reference in added}) == 2
    assert len(await records.book.references("list")) == 2


async def test_an_image_that_another_subject_has_is_refused(records: Records) -> None:
    ada, grace = await listed(records.book), await listed(records.book, "Grace")
    added = await imaged(records.book, "list", ada, IMAGE)
    with pytest.raises(Conflict, match=f"the same image as {added.reference_id} of {ada}"):
        await imaged(records.book, "list", grace, IMAGE)


async def test_only_what_is_enrolled_counts_for_the_hash(records: Records) -> None:
    people = [await listed(records.book, name) for name in ("Ada", "Grace", "Mary")]
    added = [
        await imaged(records.book, "list", person, IMAGE + bytes([place]))
        for place, person in enumerate(people)
    ]
    assert await records.book.record([outcome(added[0].reference_id)])
    assert await records.book.record([outcome(added[1].reference_id, "resembles")])
    expected = watchlist_hash([(people[0], added[0].image_sha256)])
    assert await records.book.content_hash("list") == expected
    rejected = (await records.book.references("list"))[1]
    assert (rejected.state, rejected.fault, rejected.resembles) == (
        ReferenceState.REJECTED,
        "resembles",
        "other",
    )
    assert await records.book.counts("list") == {
        ReferenceState.SUBMITTED: 1,
        ReferenceState.ENROLLED: 1,
        ReferenceState.REJECTED: 1,
    }


@pytest.mark.parametrize("faults", [(None, "no_face"), ("no_face", None)])
async def test_one_rejection_outweighs_an_enrolment_elsewhere_in_any_order(
    records: Records, faults: tuple[str | None, str | None]
) -> None:
    added = await imaged(records.book, "list", await listed(records.book), IMAGE)
    for fault in faults:
        await records.book.record([outcome(added.reference_id, fault)])
    (reference,) = await records.book.references("list")
    assert (reference.state, reference.fault) == (ReferenceState.REJECTED, "no_face")


async def test_a_flag_of_one_match_stays_and_rejects_nothing(records: Records) -> None:
    added = await imaged(records.book, "list", await listed(records.book), IMAGE)
    flagged = outcome(added.reference_id).model_copy(update={"fault": "unlike"})
    for told in (flagged, outcome(added.reference_id)):
        await records.book.record([told])
    (reference,) = await records.book.references("list")
    assert (reference.state, reference.fault) == (ReferenceState.ENROLLED, "unlike")
    assert await records.book.content_hash("list") != watchlist_hash([])


async def test_whoever_follows_the_changes_sees_each_once_and_the_latest_last(
    records: Records,
) -> None:
    ada = await listed(records.book)
    first, second = [await imaged(records.book, "list", ada, IMAGE + n) for n in (b"1", b"2")]
    seen = await records.book.after("list", 0, 10)
    assert seen == [first, second]
    await records.book.record([outcome(first.reference_id)])
    [changed] = await records.book.after("list", seen[-1].change, 10)
    assert (changed.reference_id, changed.state) == (first.reference_id, ReferenceState.ENROLLED)
    assert await records.book.after("list", changed.change, 10) == []
    # The same outcome, of another instance of match, changes nothing.
    await records.book.record([outcome(first.reference_id)])
    assert await records.book.after("list", changed.change, 10) == []
    everything = await records.book.after("list", 0, 10)
    assert [each.reference_id for each in everything] == [second.reference_id, first.reference_id]
    assert await records.book.after("list", 0, 1) == everything[:1]


async def test_an_outcome_of_an_unknown_reference_is_told_apart(records: Records) -> None:
    assert await records.book.record([outcome("unknown")]) == set()


async def test_a_watchlist_whose_key_is_erased_tells_nothing_and_holds_up_no_start(
    records: Records,
) -> None:
    ada = await listed(records.book)
    added = await imaged(records.book, "list", ada, IMAGE)
    for name in records.keys.names():
        records.keys.destroy(name)
    book = records.reopened()
    await book.restore()
    assert book.name_of("list", ada) == ada
    with pytest.raises(Erased):
        await book.payload(added.reference_id)
    assert (await book.versions.find("list")).details is None


async def test_a_rejected_reference_can_be_removed_and_an_enrolled_one_cannot(
    records: Records,
) -> None:
    ada = await listed(records.book)
    first, second = [await imaged(records.book, "list", ada, IMAGE + n) for n in (b"1", b"2")]
    await records.book.record([outcome(first.reference_id)])
    await records.book.record([outcome(second.reference_id, "no_face")])
    with pytest.raises(Conflict):
        await records.book.remove("list", first.reference_id)
    await records.book.remove("list", second.reference_id)
    assert [r.reference_id for r in await records.book.references("list")] == [first.reference_id]


async def test_nothing_is_added_to_a_version_that_was_ordered(records: Records) -> None:
    ada = await listed(records.book)
    added = await imaged(records.book, "list", ada, IMAGE)
    await records.book.versions.freeze("list", "hash", {"other": 2})
    for book in (records.book, records.reopened()):
        assert await imaged(book, "list", ada, IMAGE) == added
        with pytest.raises(Conflict, match="was ordered"):
            await imaged(book, "list", ada, IMAGE + b"2")
        with pytest.raises(Conflict, match="was ordered"):
            await listed(book, "Grace")


async def test_what_is_not_there_is_not_found(records: Records) -> None:
    ada = await listed(records.book)
    for call in (
        records.book.references("nothing"),
        imaged(records.book, "nothing", ada, IMAGE),
        imaged(records.book, "list", "nobody", IMAGE),
        records.book.payload("nothing"),
        records.book.remove("list", "nothing"),
    ):
        with pytest.raises(NotFound):
            await call
