"""Purge is told of every erased alert until its receipts say so, whoever was away meanwhile."""

from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found
from tests.unit.alert.test_adjudicating import decision

from lethe.alert.claiming import ErasureClaims
from lethe.alert.erasing import key_name
from lethe.alert.watchlists.end import ErasedList
from lethe.contracts.errors import Transient
from lethe.contracts.receipts import (
    ErasedAlert,
    ErasedWatchlist,
    ErasureGround,
    ErasurePromise,
    WatchlistGround,
    erased_watchlist_hash,
)
from lethe.receipts.entries import AlertErased, TermEnded, WatchlistErased

DAY_MS = 24 * 3_600_000


class MemoryLists:
    """Implements `ErasedLists`."""

    def __init__(self) -> None:
        self.waiting: dict[str, ErasedList] = {}

    def erase(self, watchlist_id: str) -> ErasedList:
        erased = ErasedList(
            watchlist_id,
            erased_watchlist_hash(watchlist_id, "ab" * 32),
            "deployment-1",
            WatchlistGround.DEPLOYMENT_OVER,
            1,
        )
        self.waiting[watchlist_id] = erased
        return erased

    async def unreceipted(self, limit: int) -> list[ErasedList]:
        return list(self.waiting.values())[:limit]

    async def mark_receipted(self, watchlist_ids: set[str]) -> None:
        for each in watchlist_ids:
            del self.waiting[each]


@dataclass
class Claims:
    """Claims over a desk, and what purge heard of them."""

    bench: DeskBench = field(default_factory=DeskBench)
    heard: list[ErasedAlert] = field(default_factory=list)
    is_away: bool = False
    lists: MemoryLists = field(default_factory=MemoryLists)
    heard_lists: list[ErasedWatchlist] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.claims = ErasureClaims(
            self.bench.log,
            self.lists,
            self.claim,
            self.bench.clock,
            promise=ErasurePromise.OVERWRITTEN,
        )

    async def claim(self, erased: list[ErasedAlert], lists: list[ErasedWatchlist]) -> None:
        if self.is_away:
            raise Transient("the broker is away")
        self.heard += erased
        self.heard_lists += lists

    async def raised(self, search_id: str = "a") -> str:
        alert = await self.bench.desk.receive(candidates_found(search_id), CROP)
        assert alert is not None
        return alert.alert_id

    async def turn(self) -> list[tuple[str, ErasureGround]]:
        """Return what is claimed now."""
        self.heard.clear()
        await self.claims.turn()
        return [(each.alert_id, each.ground) for each in self.heard]

    async def erased(self, search_id: str = "a") -> str:
        alert_id = await self.raised(search_id)
        self.bench.clock.ms += 5_000
        await self.bench.desk.handling.adjudicate(alert_id, decision())
        return alert_id


def receipt(alert_id: str) -> bytes:
    name = sha256(alert_id.encode()).hexdigest()
    return AlertErased(at_ms=1, deployment="d", id_hash=name, ground="false-alert").line()


async def test_an_alert_is_claimed_when_it_is_erased_and_not_before() -> None:
    claims = Claims()
    alert_id = await claims.raised()
    assert await claims.turn() == []
    claims.bench.clock.ms = 5_000
    await claims.bench.desk.handling.adjudicate(alert_id, decision())
    assert await claims.turn() == [(alert_id, ErasureGround.FALSE_ALERT)]


async def test_a_claim_says_what_the_key_store_promises_of_an_erasure() -> None:
    claims = Claims()
    await claims.erased()
    claims.lists.erase("northtown-7")
    await claims.claims.turn()
    assert [each.promise for each in claims.heard] == ["overwritten"]
    assert [each.promise for each in claims.heard_lists] == ["overwritten"]


async def test_what_is_decided_after_an_erasure_was_no_ground_for_it() -> None:
    claims = Claims()
    lost = await claims.raised()
    claims.bench.keys.erase(key_name(lost))
    await claims.bench.desk.erase_due(claims.bench.clock())
    claims.bench.clock.ms = 5_000
    await claims.bench.desk.handling.adjudicate(lost, decision())
    assert await claims.turn() == [(lost, ErasureGround.KEY_GONE)]


async def test_a_watchlist_is_claimed_beside_alerts_until_its_receipt_is_there() -> None:
    claims = Claims()
    alert_id, erased = await claims.erased(), claims.lists.erase("northtown-7")
    assert await claims.turn() == [(alert_id, ErasureGround.FALSE_ALERT)]
    claim = erased.claim().model_copy(update={"promise": "overwritten"})
    assert claims.heard_lists == [claim]
    claims.bench.clock.ms += 16_000
    await claims.claims.take([receipt(alert_id)])
    assert await claims.turn() == []
    assert claims.heard_lists == [claim] * 2, "it has none, and is claimed again"
    said = WatchlistErased(at_ms=1, deployment="d", id_hash=erased.id_hash, ground="requested")
    await claims.claims.take([said.line()])
    assert claims.lists.waiting == {}


async def test_one_whose_retention_ended_and_one_whose_key_was_lost_say_so() -> None:
    claims = Claims()
    lost, kept = await claims.raised("a"), await claims.raised("b")
    claims.bench.keys.erase(key_name(lost))
    await claims.bench.desk.erase_due(claims.bench.clock())
    assert await claims.turn() == [(lost, ErasureGround.KEY_GONE)]
    claims.bench.clock.ms = DAY_MS
    await claims.bench.desk.erase_due(claims.bench.clock())
    assert (kept, ErasureGround.RETENTION) in await claims.turn()


async def test_the_ground_is_that_of_the_moment_of_its_erasure_however_late_it_is_claimed() -> None:
    claims = Claims()
    lost, _ = await claims.raised("a"), await claims.raised("b")
    claims.bench.keys.erase(key_name(lost))
    await claims.bench.desk.erase_due(claims.bench.clock())
    claims.bench.clock.ms = DAY_MS + 1
    await claims.bench.desk.erase_due(claims.bench.clock())
    claims.bench.clock.ms = 3 * DAY_MS
    assert [ground for _, ground in await claims.turn()] == [
        ErasureGround.KEY_GONE,
        ErasureGround.RETENTION,
    ]


async def test_it_is_claimed_again_after_a_while_until_there_is_a_receipt() -> None:
    claims = Claims()
    alert_id = await claims.erased()
    assert await claims.turn()
    claims.bench.clock.ms += 14_000
    assert await claims.turn() == []
    claims.bench.clock.ms += 2_000
    assert [name for name, _ in await claims.turn()] == [alert_id]
    await claims.claims.take([receipt("another"), receipt(alert_id)])
    claims.bench.clock.ms += 60_000
    assert await claims.turn() == []


async def test_a_claim_that_could_not_be_sent_is_sent_with_the_next_look() -> None:
    claims = Claims()
    alert_id = await claims.erased()
    claims.is_away = True
    with pytest.raises(Transient):
        await claims.turn()
    claims.is_away = False
    assert [name for name, _ in await claims.turn()] == [alert_id]


async def test_a_receipt_that_could_not_be_noted_is_asked_for_again() -> None:
    claims = Claims()
    alert_id = await claims.erased()
    await claims.turn()
    claims.bench.log.failing.add("mark_receipted")
    with pytest.raises(Transient):
        await claims.claims.take([receipt(alert_id)])
    claims.bench.clock.ms += 16_000
    assert [name for name, _ in await claims.turn()] == [alert_id]
    await claims.claims.take([receipt(alert_id)])
    assert claims.bench.log.receipted == {alert_id}


async def test_other_entries_and_what_cant_be_read_are_passed_over() -> None:
    claims = Claims()
    await claims.erased()
    await claims.turn()
    ended = TermEnded(at_ms=1, reason="alert-erased", slots=0, unclosed=0).line()
    await claims.claims.take([ended, b'{"kind":"alert-erased"}', b"alert-erased"])
    assert claims.bench.log.receipted == set()
