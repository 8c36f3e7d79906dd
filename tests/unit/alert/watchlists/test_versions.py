"""Versions of watchlists: made once, described, closed by an order."""

import pytest
from tests.support.watchlists import Records, listed

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.watchlists.version import DEFAULT_CATEGORIES, ListDetails

SQUARE = ListDetails(name="Market square", purpose="warrants of May", categories=("warrant",))


async def test_a_version_is_read_as_it_was_made(records: Records) -> None:
    assert await records.book.versions.register("square", SQUARE)
    found = await records.reopened().versions.find("square")
    assert (found.list_id, found.number, found.revision) == ("square", 1, 1)
    assert found.details == SQUARE
    assert found.ordered_hash is None


async def test_registering_again_keeps_what_is_in_it(records: Records) -> None:
    await listed(records.book)
    assert await records.book.versions.register("list", SQUARE) is False
    assert await records.book.subjects.count("list") == 1
    described = (await records.book.versions.find("list")).details
    assert described is not None
    assert described.categories == DEFAULT_CATEGORIES


async def test_versions_come_in_pages(records: Records) -> None:
    for name in ("b", "a", "c"):
        await records.book.versions.register(name, SQUARE)
    first = await records.book.versions.after("", 2)
    rest = await records.book.versions.after(first[-1].watchlist_id, 5)
    assert [each.watchlist_id for each in (*first, *rest)] == ["a", "b", "c", "list"]


async def test_a_description_changes_for_whoever_read_it_last(records: Records) -> None:
    changed = await records.book.versions.edit("list", SQUARE, 1)
    assert (changed.revision, changed.details) == (2, SQUARE)
    with pytest.raises(Stale):
        await records.book.versions.edit("list", ListDetails(), 1)
    assert (await records.reopened().versions.find("list")).details == SQUARE


async def test_a_version_that_was_ordered_keeps_the_first_hash_and_its_description(
    records: Records,
) -> None:
    await records.book.versions.freeze("list", "first", {"other": 2})
    await records.book.versions.freeze("list", "second", {"other": 2})
    await records.book.versions.freeze("unknown", "first", {"other": 2})
    assert (await records.reopened().versions.find("list")).ordered_hash == "first"
    with pytest.raises(Conflict, match="make a new one"):
        await records.book.versions.edit("list", SQUARE, 1)
    with pytest.raises(NotFound):
        await records.book.versions.find("unknown")
