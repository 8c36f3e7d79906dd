"""One suite for watchlists and references in SQLite and in PostgreSQL."""

from dataclasses import replace

import pytest
from tests.support.databases import a_term

from lethe.alert.database import Database
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.reference import ReferenceState, SealedReference
from lethe.alert.references import SqlReferenceStore
from lethe.alert.vault import SealedBlob

IMAGE = SealedBlob(b"image nonce", b"sealed image")


def sealed(reference_id: str, *, image_sha256: str = "ab" * 32) -> SealedReference:
    return SealedReference(
        reference_id=reference_id,
        watchlist_id="watchlist-1",
        subject_id="subject-1",
        image_sha256=image_sha256,
        state=ReferenceState.SUBMITTED,
        fault=None,
        resembles=None,
        name=SealedBlob(b"name nonce", b"sealed name"),
    )


@pytest.fixture
async def store(database: Database) -> SqlReferenceStore:
    made = SqlReferenceStore(await a_term(database))
    await made.add_watchlist("watchlist-1", "key-1")
    return made


async def test_a_watchlist_is_known_with_the_name_of_its_key(store: SqlReferenceStore) -> None:
    assert await store.watchlist_ids() == ["watchlist-1"]
    assert await store.key_name("watchlist-1") == "key-1"
    assert await store.key_name("watchlist-2") is None


async def test_a_reference_is_found_as_it_was_added(store: SqlReferenceStore) -> None:
    await store.add(sealed("r-1"), IMAGE)
    assert await store.find("r-1") == sealed("r-1")
    assert await store.find_same("watchlist-1", "subject-1", "ab" * 32) == sealed("r-1")
    assert await store.image("r-1") == IMAGE
    assert await store.find("r-2") is None
    assert await store.image("r-2") is None


async def test_references_stay_in_the_order_in_which_they_came(store: SqlReferenceStore) -> None:
    for number in (3, 1, 2):
        await store.add(sealed(f"r-{number}", image_sha256=f"{number:064x}"), IMAGE)
    found = await store.of_watchlist("watchlist-1")
    assert [reference.reference_id for reference in found] == ["r-3", "r-1", "r-2"]


async def test_what_became_of_a_reference_is_recorded(store: SqlReferenceStore) -> None:
    await store.add(sealed("r-1"), IMAGE)
    ended = replace(sealed("r-1"), state=ReferenceState.REJECTED, fault="no_face", resembles="r-2")
    await store.record(ended)
    assert await store.find("r-1") == ended


async def test_a_removed_reference_is_gone_with_its_image(store: SqlReferenceStore) -> None:
    await store.add(sealed("r-1"), IMAGE)
    await store.remove("r-1")
    assert await store.find("r-1") is None
    assert await store.image("r-1") is None


async def test_an_image_of_a_subject_is_taken_once(store: SqlReferenceStore) -> None:
    await store.add(sealed("r-1"), IMAGE)
    with pytest.raises(DatabaseUnavailable):
        await store.add(sealed("r-2"), IMAGE)
    with pytest.raises(DatabaseUnavailable):
        await store.add(replace(sealed("r-3"), watchlist_id="unknown"), IMAGE)
    assert len(await store.of_watchlist("watchlist-1")) == 1
