"""Of an alert that was erased there is a receipt, which names it by a hash only."""

from hashlib import sha256

import pytest
from tests.support.receipting_desk import Desk, during_the_next_sync, of_kind

from lethe.contracts.receipts import (
    ErasedAlert,
    ErasedWatchlist,
    ErasureGround,
    WatchlistGround,
    erased_watchlist_hash,
)
from lethe.purge import erasures, untold
from lethe.purge.erasures import ToldErasures
from lethe.receipts.entries import AlertErased, WatchlistErased
from lethe.receipts.telling import summary_lines


def erased(*names: str) -> list[ErasedAlert]:
    ground = ErasureGround.FALSE_ALERT
    return [
        ErasedAlert(alert_id=name, deployment_id="deployment-1", ground=ground) for name in names
    ]


async def test_it_is_told_once_and_verified(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.slot()
    desk.receipting.hear_erased(erased("alert-1", "alert-2"))
    await desk.later(2)
    await desk.later(61)
    told = of_kind(desk, AlertErased)
    hashes = [sha256(name).hexdigest() for name in (b"alert-1", b"alert-2")]
    assert [(each.id_hash, each.ground) for each in told if isinstance(each, AlertErased)] == [
        (name, "false-alert") for name in hashes
    ]
    await desk.receipting.close()
    assert desk.verified().totals["deployment-1"].alerts == dict.fromkeys(hashes, "false-alert")


async def test_a_watchlist_is_told_of_beside_alerts(desk: Desk) -> None:
    name = erased_watchlist_hash("northtown-7", "ab" * 32)
    known = ErasedWatchlist(
        id_hash=name, deployment_id="deployment-1", ground=WatchlistGround.DEPLOYMENT_OVER
    )
    await desk.begin("t1")
    await desk.slot()
    for _ in range(2):
        desk.receipting.hear_erased([*erased("alert-1"), known])
        await desk.later(2)
    assert [(each.deployment, each.id_hash, each.ground) for each in watchlists(desk)] == [
        ("deployment-1", name, "deployment-over")
    ]
    await desk.receipting.close()
    totals = desk.verified().totals
    assert totals["deployment-1"].watchlists == {name: "deployment-over"}
    assert "  watchlists 1 erased: 1 deployment-over" in list(summary_lines(totals))
    assert all(b"northtown-7" not in file.read_bytes() for file in desk.folder.iterdir())


async def test_a_watchlist_that_nobody_searched_is_told_of_under_no_deployment(desk: Desk) -> None:
    known = ErasedWatchlist(id_hash="ab" * 32, deployment_id="", ground=WatchlistGround.REQUESTED)
    await desk.begin("t1")
    desk.receipting.hear_erased([known])
    await desk.later(2)
    await desk.receipting.close()
    assert desk.verified().totals[""].watchlists == {"ab" * 32: "requested"}


def watchlists(desk: Desk) -> list[WatchlistErased]:
    return [each for each in of_kind(desk, WatchlistErased) if isinstance(each, WatchlistErased)]


async def test_what_is_said_again_is_told_once_a_minute_in_each_log(desk: Desk) -> None:
    """A minute later alert asks because it has lost what it knew, not because somebody replays."""
    await desk.begin("t1")
    for _ in range(59):
        desk.receipting.hear_erased(erased("alert-1", "alert-2"))
        await desk.later(1)
    assert hashes(desk) == hashed("alert-1", "alert-2")
    await desk.later(2)
    desk.receipting.hear_erased(erased("alert-1"))
    await desk.later(2)
    assert hashes(desk) == hashed("alert-1", "alert-2", "alert-1")
    await desk.begin("t2")
    desk.receipting.hear_erased(erased("alert-1"))
    await desk.later(2)
    assert hashes(desk) == hashed("alert-1", "alert-2", "alert-1", "alert-1"), "in the new log too"
    await desk.receipting.close()
    desk.verified()


async def test_no_more_is_remembered_of_what_was_told_than_has_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(erasures, "_MOST_KNOWN", 2)
    told = ToldErasures()
    assert len(told.news(erased("a", "b", "c"), 0)) == 3
    assert told.news(erased("a", "b", "c"), 1) == erased("a")


async def test_no_log_holds_the_id_of_an_alert(desk: Desk) -> None:
    await desk.begin("t1")
    desk.receipting.hear_erased(erased("alert-1"))
    await desk.later(2)
    assert of_kind(desk, AlertErased)
    for file in desk.folder.iterdir():
        assert b"alert-1" not in file.read_bytes()


async def test_a_purge_that_doesnt_lead_tells_nothing_and_keeps_nothing(desk: Desk) -> None:
    desk.receipting.hear_erased(erased("alert-1"))
    await desk.later(1)
    await desk.begin("t1")
    await desk.later(2)
    assert of_kind(desk, AlertErased) == []


async def test_what_is_heard_while_no_log_can_be_written_is_told_in_the_next(desk: Desk) -> None:
    await desk.begin("t1")
    await desk.receipting.end("followed by another term")
    await desk.begin("t2")
    desk.receipting.hear_erased(erased("alert-1"))
    await desk.later(2)
    assert len(of_kind(desk, AlertErased)) == 1


def hashes(desk: Desk) -> list[str]:
    """Return by which hashes erased alerts are told, in their order."""
    return [each.id_hash for each in desk.entries() if isinstance(each, AlertErased)]


def hashed(*names: str) -> list[str]:
    return [sha256(name.encode()).hexdigest() for name in names]


async def test_what_is_heard_while_the_disk_is_slow_is_told_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untold, "_MOST_KEPT", 2)
    await desk.begin("t1")
    desk.receipting.hear_erased(erased("alert-1", "alert-2"))

    async def hear() -> None:
        desk.receipting.hear_erased(erased("alert-3"))

    during_the_next_sync(monkeypatch, hear)
    await desk.later(4)
    assert hashes(desk) == hashed("alert-1", "alert-2", "alert-3")


async def test_of_more_than_is_kept_the_newest_are_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untold, "_MOST_KEPT", 2)
    await desk.begin("t1")
    desk.receipting.hear_erased(erased("alert-1", "alert-2", "alert-3"))
    await desk.later(2)
    assert hashes(desk) == hashed("alert-2", "alert-3")


async def test_it_says_what_is_left_of_the_key_as_the_key_store_promises(desk: Desk) -> None:
    promised = [each.model_copy(update={"promise": "memory"}) for each in erased("alert-1")]
    await desk.begin("t1")
    await desk.slot()
    desk.receipting.hear_erased([*promised, *erased("alert-2")])
    await desk.later(2)
    told = [each for each in of_kind(desk, AlertErased) if isinstance(each, AlertErased)]
    assert [each.promise for each in told] == ["memory", ""]
    await desk.receipting.close()
    lines = list(summary_lines(desk.verified().totals))
    assert "  their keys 1 memory, as the key store promises" in lines
