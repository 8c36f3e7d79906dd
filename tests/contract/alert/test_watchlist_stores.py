"""One suite for watchlists, subjects and references in SQLite and in PostgreSQL."""

from dataclasses import replace

import pytest
from tests.support.databases import a_term, files_of
from tests.support.thief import KEY_BYTES, files_below, holding
from tests.support.watchlists import IMAGE as PICTURE
from tests.support.watchlists import Records, details, imaged, listed

from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.sample import Check, Drawn
from lethe.alert.watchlists.samples import SqlSampleStore
from lethe.alert.watchlists.shelf import Shelf
from lethe.alert.watchlists.sql_shelf import sql_shelf
from lethe.alert.watchlists.subject import SealedSubject
from lethe.alert.watchlists.version import SealedVersion

IMAGE = SealedBlob(b"image nonce", b"sealed image")


def version(watchlist_id: str = "watchlist-1") -> SealedVersion:
    return SealedVersion(
        watchlist_id, "list", 1, f"key of {watchlist_id}", SealedBlob(b"nonce", b"sealed list")
    )


def subject(subject_id: str = "subject-1") -> SealedSubject:
    return SealedSubject(
        watchlist_id="watchlist-1",
        subject_id=subject_id,
        number_tag=f"tag of {subject_id}",
        bound="bound",
        details=SealedBlob(b"details nonce", b"sealed details"),
    )


def reference(reference_id: str, *, image_sha256: str = "ab" * 32) -> Reference:
    return Reference(reference_id, "watchlist-1", "subject-1", image_sha256)


@pytest.fixture
async def store(database: Database) -> Shelf:
    made = sql_shelf(await a_term(database))
    await made.versions.add(version())
    await made.entries.add("watchlist-1", [subject()], [])
    return made


async def test_a_version_is_found_as_it_was_added(store: Shelf) -> None:
    await store.versions.add(version("watchlist-0"))
    assert await store.versions.find("watchlist-1") == version()
    assert await store.versions.find("nothing") is None
    assert sorted(await store.versions.all_ids()) == ["watchlist-0", "watchlist-1"]
    assert await store.versions.after("", 1) == [version("watchlist-0")]
    assert await store.versions.after("watchlist-0", 5) == [version()]


async def test_a_version_changes_from_the_revision_that_was_read_only(store: Shelf) -> None:
    changed = replace(version(), details=SealedBlob(b"other nonce", b"other list"), revision=2)
    assert await store.versions.change(changed, 1)
    assert await store.versions.find("watchlist-1") == changed
    assert not await store.versions.change(replace(changed, revision=3), 1)
    assert await store.versions.find("watchlist-1") == changed


async def test_the_hash_of_the_first_order_stays(store: Shelf) -> None:
    for ordered in ("first", "second"):
        await store.versions.freeze("watchlist-1", ordered, {"other": 2})
    assert await store.versions.find("watchlist-1") == replace(
        version(), ordered_hash="first", composition={"other": 2}
    )


async def test_samples_and_checks_are_kept_in_their_order(database: Database) -> None:
    term = await a_term(database)
    await sql_shelf(term).versions.add(version())
    samples = SqlSampleStore(term)
    drawn = [Drawn("watchlist-1", "ab" * 32, f"subject-{n}", "Ann", n) for n in (3, 1, 2)]
    await samples.draw(drawn[:2])
    await samples.draw(drawn[2:])
    checks = [Check("watchlist-1", "subject-1", "state", each, "Sue", 1) for each in (False, True)]
    for each in checks:
        await samples.check(each)
    assert await samples.drawn("watchlist-1") == drawn
    assert await samples.checks("watchlist-1") == checks
    assert await samples.drawn("another") == []
    assert await samples.checks("another") == []
    with pytest.raises(DatabaseUnavailable):
        await samples.draw(drawn[:1])


async def test_a_subject_is_found_as_it_was_added(store: Shelf) -> None:
    [first] = await store.subjects.after("watchlist-1", 0, 10)
    await store.entries.add("watchlist-1", [subject("subject-2")], [])
    second = await store.subjects.find("watchlist-1", "subject-2")
    assert second is not None
    assert second == replace(subject("subject-2"), place=second.place)
    assert first == replace(subject(), place=first.place)
    assert await store.subjects.numbered("watchlist-1", "tag of subject-2") == second
    assert await store.subjects.find("watchlist-2", "subject-2") is None
    assert await store.subjects.numbered("watchlist-1", "tag of subject-3") is None
    assert await store.subjects.after("watchlist-1", first.place, 10) == [second]
    assert await store.subjects.after("watchlist-1", 0, 1) == [first]
    assert await store.subjects.count("watchlist-1") == 2


async def test_a_subject_changes_from_the_revision_that_was_read_only(store: Shelf) -> None:
    [known] = await store.subjects.after("watchlist-1", 0, 10)
    changed = replace(known, number_tag="other", bound="other", revision=2)
    assert await store.subjects.change(changed, 1)
    assert await store.subjects.find("watchlist-1", "subject-1") == changed
    assert not await store.subjects.change(replace(changed, revision=3), 1)


async def test_a_number_and_a_subject_are_there_once(store: Shelf) -> None:
    for twin in (subject(), replace(subject("subject-2"), number_tag="tag of subject-1")):
        with pytest.raises(DatabaseUnavailable):
            await store.entries.add("watchlist-1", [twin], [])
    assert await store.subjects.count("watchlist-1") == 1


async def test_a_subject_leaves_with_its_references(store: Shelf) -> None:
    await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    await store.subjects.remove("watchlist-1", "subject-1")
    assert await store.subjects.find("watchlist-1", "subject-1") is None
    assert await store.references.find_all(["r-1"]) == []


async def test_a_reference_is_found_as_it_was_added(store: Shelf) -> None:
    [added] = await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    assert added == replace(reference("r-1"), change=1)
    assert await store.references.find_all(["r-1"]) == [added]
    assert await store.references.of_subject("watchlist-1", "subject-1") == [added]
    assert await store.references.with_images(["r-1"]) == [(added, IMAGE)]
    assert await store.references.find_all(["r-2"]) == []
    assert await store.references.with_images(["r-2"]) == []


async def test_entries_are_looked_up_together(store: Shelf) -> None:
    await store.entries.add("watchlist-1", [subject("subject-2"), subject("subject-3")], [])
    await store.versions.add(version("watchlist-2"))
    [added] = await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    listed = await store.entries.listed(
        "watchlist-1",
        number_tags=["tag of subject-1", "tag of nobody"],
        subject_ids=["subject-3", "nobody"],
        images=["ab" * 32, "cd" * 32],
    )
    assert {each.subject_id for each in listed.subjects} == {"subject-1", "subject-3"}
    assert listed.references == [added]
    nothing = await store.entries.listed(
        "watchlist-2", number_tags=["tag of subject-1"], subject_ids=[], images=["ab" * 32]
    )
    assert (nothing.subjects, nothing.references) == ([], [])


async def test_entries_are_added_all_or_none_and_counted_one_after_another(store: Shelf) -> None:
    people = [subject("subject-2"), subject("subject-3")]
    pictures = [
        (replace(reference(f"r-{n}", image_sha256=f"{n:064x}"), subject_id=each.subject_id), IMAGE)
        for n, each in enumerate(people)
    ]
    added = await store.entries.add("watchlist-1", people, pictures)
    assert [each.change for each in added] == [1, 2]
    assert await store.references.of_watchlist("watchlist-1") == added
    others = [subject("subject-4"), subject("subject-2")]
    with pytest.raises(DatabaseUnavailable):
        await store.entries.add("watchlist-1", others, [(reference("r-9"), IMAGE)])
    assert await store.subjects.count("watchlist-1") == 3
    assert await store.references.find_all(["r-9"]) == []


async def test_references_stay_in_the_order_in_which_they_came(store: Shelf) -> None:
    for number in (3, 1, 2):
        await store.entries.add(
            "watchlist-1", [], [(reference(f"r-{number}", image_sha256=f"{number:064x}"), IMAGE)]
        )
    await store.references.record([reference("r-1", image_sha256=f"{1:064x}")])
    found = await store.references.of_watchlist("watchlist-1")
    assert [each.reference_id for each in found] == ["r-3", "r-1", "r-2"]
    changed = await store.references.after("watchlist-1", 0, 10)
    assert [(each.reference_id, each.change) for each in changed] == [
        ("r-3", 1),
        ("r-2", 3),
        ("r-1", 4),
    ]
    assert await store.references.after("watchlist-1", 3, 10) == changed[2:]
    assert await store.references.after("watchlist-1", 0, 1) == changed[:1]


async def test_what_became_of_a_reference_is_recorded(store: Shelf) -> None:
    await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    assert await store.references.unsettled() == ["r-1"]
    ended = replace(
        reference("r-1"), state=ReferenceState.REJECTED, fault="no_face", resembles="r-2"
    )
    await store.references.record([ended])
    assert await store.references.find_all(["r-1"]) == [replace(ended, change=2)]
    assert await store.references.unsettled() == []
    assert await store.references.counts("watchlist-1") == {
        ReferenceState.SUBMITTED: 0,
        ReferenceState.ENROLLED: 0,
        ReferenceState.REJECTED: 1,
    }


async def test_a_removed_reference_is_gone_with_its_image(store: Shelf) -> None:
    await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    await store.references.remove("r-1")
    assert await store.references.find_all(["r-1"]) == []
    assert await store.references.with_images(["r-1"]) == []


async def test_an_image_of_a_subject_is_taken_once(store: Shelf) -> None:
    await store.entries.add("watchlist-1", [], [(reference("r-1"), IMAGE)])
    with pytest.raises(DatabaseUnavailable):
        await store.entries.add("watchlist-1", [], [(reference("r-2"), IMAGE)])
    stray = replace(reference("r-3"), watchlist_id="unknown")
    with pytest.raises(DatabaseUnavailable):
        await store.entries.add("unknown", [], [(stray, IMAGE)])
    assert len(await store.references.of_watchlist("watchlist-1")) == 1


async def test_no_file_of_the_database_holds_details_or_images_or_a_key(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    records = Records(await a_term(database), folder)
    ada = await listed(records.book)
    await imaged(records.book, "list", ada, PICTURE)
    await records.book.subjects.edit("list", ada, details("Ada King", is_child=True), 1)
    loot = await files_of(database)
    assert holding(loot, ada.encode()), "these aren't the files"
    for secret in (b"Lovelace", b"Ada King", b"Northtown", b"wanted on warrant", PICTURE):
        assert holding(loot, secret) == set()
    for kept in files_below(folder / "keys").values():
        assert holding(loot, kept[:KEY_BYTES]) == set()
