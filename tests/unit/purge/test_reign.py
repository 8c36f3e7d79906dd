"""Only the leader makes keys, with a custodian that inherits nothing from another's reign."""

import asyncio

import pytest
from tests.support.brokers import eventually
from tests.support.forgetting import CAMERA, an_order, heard, signed
from tests.support.pipeline import CAMERA_ROLES
from tests.support.reigning import EVERYBODY, FOLLOWS, LEADS, Purge

from lethe.contracts.orders import OrderStatus
from lethe.contracts.topic import partition_for


async def test_the_leader_grants_when_all_tickets_are_in_hand(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign.leads
    async with purge.running():
        purge.hear_everybody()
        await purge.until_granted(3)
    assert sorted(purge.holders()) == sorted(EVERYBODY)


async def test_no_key_is_granted_under_an_order_that_a_restart_would_know_nothing_of(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.memory.is_kept = False
    async with purge.running():
        purge.hear_everybody()
        # A slot begins whenever tickets are in hand, and this was the chance for one.
        await eventually(lambda: not purge.reign._ready.is_set())
        assert purge.reign.standstill is None
        purge.memory.fault = "no space left"
        assert purge.reign.standstill == "no space left"
        assert purge.published == []
        purge.memory.is_kept, purge.memory.fault = True, None
        await purge.until_granted(3)
    assert purge.reign.standstill is None


async def test_tickets_are_granted_to_without_a_clock_that_ticks(
    purge: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_IDLE_S", "_LOOK_S", "_TOGETHER_S"):
        monkeypatch.setattr(f"lethe.purge.reign.{name}", 3600)
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        for count in (3, 6, 9):
            purge.hear_everybody()
            await purge.until_granted(count)


async def test_an_order_is_granted_under_with_the_tickets_in_hand(
    purge: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_IDLE_S", "_LOOK_S"):
        monkeypatch.setattr(f"lethe.purge.reign.{name}", 3600)
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    purge.book.hear(ended, purge.custody.clock.wall_us())
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.hear_everybody()
        await eventually(lambda: not purge.reign._heard_one.is_set())
        assert purge.published == []
        another = signed(purge.trust, an_order(deployment_id="deployment-2"))
        purge.book.hear(another, purge.custody.clock.wall_us())
        purge.reign.obey("deployment-2")
        await purge.until_granted(3)


async def test_who_can_be_served_is_not_kept_waiting_by_whose_ticket_does_not_come(
    purge: Purge,
) -> None:
    own, others = partition_for(CAMERA), partition_for("camera-of-nobody")
    assert own != others
    other = an_order(deployment_id="deployment-2", camera_ids=["camera-of-nobody"])
    purge.book.hear(signed(purge.trust, other), purge.custody.clock.wall_us())
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        for role in CAMERA_ROLES:
            ticket = purge.custody.ticket(role, partitions=[own])
            purge.reign.hear(heard(ticket, purge.custody.clock.now()))
        assert not purge.reign._ready.is_set()
        await purge.until_granted(3)


async def test_a_standby_keeps_no_ticket_and_grants_to_none(purge: Purge) -> None:
    purge.hear_everybody()
    assert not purge.reign.leads
    assert not purge.reign._ready.is_set()
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is not None
    assert purge.reign._custodian.make() == []


async def test_a_new_leader_inherits_no_ticket_and_reigns_under_its_own_term(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.hear_everybody()
        await purge.until_granted(3)
        purge.hear_everybody()
        await purge.reign.on_leadership(FOLLOWS, 0)
        assert not purge.reign.leads
        await purge.reign.on_leadership(LEADS, 2)
        assert purge.reign._custodian is not None
        assert purge.reign._custodian.make() == []
        purge.hear_everybody()
        await purge.until_granted(6)
    terms = [granted.term for granted in purge.published]
    assert len(set(terms[:3])) == len(set(terms[3:])) == 1
    assert terms[0] != terms[3]
    slots = {(granted.slot, granted.holder) for granted in purge.published}
    assert len(slots) == 6


async def test_a_leader_that_is_told_so_again_goes_on_with_its_reign(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    await purge.reign.on_leadership(LEADS, 2)
    assert purge.reign._custodian is custodian


async def test_after_the_end_of_the_order_nothing_is_granted(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    purge.book.hear(ended, purge.custody.clock.wall_us())
    purge.hear_everybody()
    assert purge.reign._custodian is not None
    assert purge.reign._custodian.make() == []


async def test_a_grant_that_the_broker_does_not_take_costs_the_others_nothing(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.refusing = {"detect-1"}
    async with purge.running() as task:
        purge.hear_everybody()
        await purge.until_granted(2)
        assert set(purge.holders()) == EVERYBODY - {"detect-1"}
        purge.refusing = set()
        purge.hear_everybody()
        await purge.until_granted(5)
        assert not task.done()


async def test_a_failure_that_nobody_expects_ends_the_reign(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.refusing, purge.failure = {"detect-1"}, RuntimeError
    async with purge.running() as task:
        purge.hear_everybody()
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(asyncio.shield(task), 20)


@pytest.mark.parametrize("partitions", [LEADS, FOLLOWS])
async def test_whether_it_leads_or_not_a_purge_knows_that_it_hears_nobody(
    purge: Purge, partitions: frozenset[int]
) -> None:
    await purge.reign.on_leadership(partitions, 1)
    purge.custody.time.advance_ms(9_000)
    assert purge.reign.standstill is None, "nobody was there yet"
    purge.hear_everybody()
    purge.custody.time.advance_ms(2_900)
    assert purge.reign.standstill is None
    purge.custody.time.advance_ms(200)
    assert "no service is heard" in str(purge.reign.standstill)
    purge.hear_everybody()
    assert purge.reign.standstill is None
