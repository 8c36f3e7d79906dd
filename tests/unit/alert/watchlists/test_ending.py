"""A watchlist is erased when its deployments have been over for long enough, or at once."""

import asyncio
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.support.alert_desk import EPOCH_US
from tests.support.databases import a_term, new_database
from tests.support.forgetting import an_order
from tests.support.watchlists import IMAGE, Records, details, entered, imaged, listed, outcome

from lethe.alert.errors import Conflict, DatabaseUnavailable, NotFound, NotLeading
from lethe.alert.keyring import Keyring
from lethe.alert.vault import Vault
from lethe.alert.watchlists.end import ErasedList, OrderedList
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.ends import SqlEndStore
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.version import ListDetails
from lethe.alert.watchlists.versions import SqlVersionStore
from lethe.contracts.errors import Erased
from lethe.contracts.orders import watchlist_hash
from lethe.contracts.receipts import WatchlistGround, erased_watchlist_hash

HOUR_US = 3_600_000_000
OVER, REQUESTED, KEY_GONE = WatchlistGround


def ordered(deployment_id: str, *, hours: float, on: str = "list") -> OrderedList:
    return OrderedList(on, deployment_id, EPOCH_US + int(hours * HOUR_US))


def until(hours: float) -> dict[str, object]:
    ends_at_us = EPOCH_US + int(hours * HOUR_US)
    return {"watchlist_id": "list", "starts_at_us": EPOCH_US, "ends_at_us": ends_at_us}


async def at(records: Records, hours: float, ends: WatchlistEnds | None = None) -> list[ErasedList]:
    """Let what runs by itself run at a time; return what is erased by then."""
    records.clock.ms = hours * 3_600_000
    ends = ends or records.ends()
    # The order in which the two run is nobody's to choose.
    for _ in range(2):
        await ends.sweep()
        records.keys.destroy_due()
    await ends.sweep()
    return list(await records.end_store.unreceipted(10))


async def test_a_version_is_kept_a_day_when_its_deployment_is_over_and_then_erased(
    records: Records,
) -> None:
    subject_id = await listed(records.book)
    reference = await imaged(records.book, "list", subject_id, IMAGE)
    await records.book.record([outcome(reference.reference_id)])
    records.ordered.append(ordered("deployment-1", hours=2))
    assert await at(records, 1) == []
    assert await at(records, 25.9) == []
    assert records.book.name_of("list", subject_id) == "Ada Lovelace"

    ends = records.ends()
    [erased] = await at(records, 26, ends)
    content = watchlist_hash([(subject_id, reference.image_sha256)])
    assert erased.id_hash == erased_watchlist_hash("list", content)
    assert (erased.deployment_id, erased.ground) == ("deployment-1", OVER)
    assert ends.announced == ("list",)
    version = await records.book.versions.find("list")
    assert (version.details, records.keys.names()) == (None, [])
    assert records.book.name_of("list", subject_id) == subject_id
    assert await records.shelf.references.find_all([reference.reference_id]) == []
    assert await records.shelf.subjects.find("list", subject_id) is None
    with pytest.raises(Erased):
        await entered(records.reopened(), Entry(details()))
    with pytest.raises(Conflict, match="choose another id"):
        await records.book.versions.register("list", ListDetails())


async def test_what_another_deployment_is_still_ordered_to_search_stays(records: Records) -> None:
    records.ordered += [ordered("short", hours=1), ordered("long", hours=30)]
    assert await at(records, 29) == []
    [erased] = await at(records, 54)
    assert erased.deployment_id == "long"


async def test_the_end_is_known_where_orders_were_lost_with_the_broker(records: Records) -> None:
    records.ordered.append(ordered("deployment-1", hours=2))
    await at(records, 1)
    records.ordered.clear()
    assert await at(records, 25.9) == []
    [erased] = await at(records, 26)
    assert erased.ground is OVER


async def test_the_key_ends_by_itself_once_it_knows_when(records: Records) -> None:
    """Nobody leads, no database is there: the scheduler needs neither."""
    records.ordered.append(ordered("deployment-1", hours=2))
    await at(records, 3)
    records.clock.ms = 26 * 3_600_000
    assert records.keys.destroy_due() == 1


async def test_names_leave_with_the_key_also_while_the_database_is_away(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads a subject just then may bring a name back, until the next look."""
    subject_id = await listed(records.book)
    told: list[str] = []
    records.book.when_forgotten(told.append)
    ends, open_all = records.ends(), Vault.open_all

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("it is away")

    async def open_late(*args: Any) -> list[bytes]:
        opened = await open_all(*args)
        [key_name] = records.keys.names()
        records.keys.destroy(key_name)
        with pytest.raises(DatabaseUnavailable):
            await ends.sweep()
        assert records.book.name_of("list", subject_id) == subject_id
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(SqlEndStore, "unerased", away)
        patch.setattr(Vault, "open_all", open_late)
        await records.book.subjects.find("list", subject_id)
        assert records.book.name_of("list", subject_id) == "Ada Lovelace"
        with pytest.raises(DatabaseUnavailable):
            await ends.sweep()
    assert records.book.name_of("list", subject_id) == subject_id
    assert told == ["list", "list"]
    assert len(await at(records, 1, ends)) == 1


async def test_a_deployment_that_was_ended_counts_from_then(records: Records) -> None:
    told = ordered("deployment-1", hours=40)
    records.ordered.append(OrderedList("list", "deployment-1", told.ends_at_us, EPOCH_US + HOUR_US))
    assert await at(records, 24.9) == []
    # It was ended when that was first heard, whenever it is told again.
    records.ordered[:] = [
        OrderedList("list", "deployment-1", told.ends_at_us, EPOCH_US + 24 * HOUR_US)
    ]
    assert len(await at(records, 25)) == 1


async def test_kept_for_no_time_it_is_erased_at_once(records: Records) -> None:
    records.ordered.append(ordered("deployment-1", hours=2))
    assert await at(records, 1.99, records.ends(0)) == []
    assert len(await at(records, 2, records.ends(0))) == 1


async def test_a_version_that_nobody_ordered_stays(records: Records) -> None:
    assert await at(records, 10_000) == []
    assert (await records.book.versions.find("list")).details is not None


async def test_a_key_that_was_lost_takes_the_rows_with_it(records: Records) -> None:
    for name in records.keys.names():
        records.keys.destroy(name)
    [erased] = await at(records, 1)
    assert (erased.deployment_id, erased.ground) == ("", KEY_GONE)


async def test_a_version_is_erased_at_once_on_request_unless_it_is_ordered(
    records: Records,
) -> None:
    ends = records.ends()
    with pytest.raises(NotFound):
        await ends.erase("nothing")
    records.ordered.append(ordered("deployment-1", hours=2))
    with pytest.raises(Conflict, match=r"deployment-1 is ordered to search it until .*T.*: end"):
        await ends.erase("list")
    records.clock.ms = 3 * 3_600_000
    for _ in range(2):
        await ends.erase("list")
    [erased] = await records.end_store.unreceipted(10)
    assert (erased.deployment_id, erased.ground) == ("deployment-1", REQUESTED)
    assert records.keys.names() == []
    again = records.ends()
    await again.restore()
    assert again.announced == ("list",)


async def test_an_order_needs_a_version_that_is_kept_until_its_end(records: Records) -> None:
    ends = records.ends()
    async with ends.ordering(an_order(**until(2))):
        records.ordered.append(ordered("deployment-1", hours=2))
    await at(records, 3)
    async with ends.ordering(an_order(**until(26))):
        pass
    with pytest.raises(Conflict, match=r"is erased at .* import it under a new id"):
        async with ends.ordering(an_order(**until(26.1))):
            pytest.fail("it would lose its watchlist")
    await at(records, 26, ends)
    with pytest.raises(Conflict, match="the watchlist list is erased; import"):
        async with ends.ordering(an_order(**until(30))):
            pytest.fail("it has no watchlist")


async def test_an_order_that_is_just_handed_in_keeps_its_version(records: Records) -> None:
    """Its version would be due: nothing ends while an order is on its way."""
    ends = records.ends(0)
    records.ordered.append(ordered("first", hours=1))
    records.clock.ms = 3_600_000 + 1
    async with ends.ordering(an_order(**until(2))):
        records.ordered.append(ordered("second", hours=2))
    assert await at(records, 1.5, ends) == []
    assert len(await at(records, 2, ends)) == 1


async def test_what_can_not_be_written_is_erased_later(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = records.ends(0)
    records.ordered.append(ordered("deployment-1", hours=2))

    def fail(*_: object) -> None:
        raise Erased("the key was destroyed meanwhile")

    with monkeypatch.context() as patch:
        patch.setattr(Keyring, "shorten", fail)
        await at(records, 2, ends)
    assert len(await at(records, 2, ends)) == 1


async def test_a_key_that_no_version_has_is_destroyed(records: Records) -> None:
    """The database is one of before the version was registered."""
    [of_list] = records.keys.names()
    records.keys.create("watchlist-of-a-later-version")
    records.keys.create("reason-of-somebody")
    assert await at(records, 1) == []
    assert set(records.keys.names()) == {of_list, "reason-of-somebody"}


async def test_the_key_of_a_version_that_is_being_made_stays(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, has_key, waited_for = asyncio.Event(), asyncio.Event(), asyncio.Event()
    add, acquire = SqlVersionStore.add, asyncio.Lock.acquire

    async def add_later(*args: Any) -> None:
        has_key.set()
        await made.wait()
        await add(*args)

    async def acquire_noted(lock: asyncio.Lock) -> Literal[True]:
        if lock is records.book.turn and lock.locked():
            waited_for.set()
        return await acquire(lock)

    monkeypatch.setattr(SqlVersionStore, "add", add_later)
    registered = asyncio.create_task(records.book.versions.register("new", ListDetails()))
    await has_key.wait()
    monkeypatch.setattr(asyncio.Lock, "acquire", acquire_noted)
    swept = asyncio.create_task(records.ends().sweep())
    waiting = asyncio.create_task(waited_for.wait())
    await asyncio.wait({swept, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    made.set()
    await asyncio.gather(registered, swept)
    assert (await records.book.versions.sealed("new")).key_name in records.keys.names()


async def test_who_leads_no_more_destroys_no_key(tmp_path: Path) -> None:
    """The next leader may be about to write the row of a version that has its key."""
    database = await new_database(tmp_path)
    try:
        records = Records(await a_term(database), tmp_path)
        await a_term(database)
        records.keys.create("watchlist-of-the-next-leader")
        with pytest.raises(NotLeading):
            await records.ends().sweep()
        assert records.keys.names() == ["watchlist-of-the-next-leader"]
    finally:
        await database.close()
