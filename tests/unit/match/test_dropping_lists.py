"""When match drops a list: its orders are over, alert erased it, its model pack is gone."""

import pytest
from tests.support.brokers import eventually
from tests.support.forgetting import signed
from tests.support.match_desk import (
    LIST,
    NAME,
    PACK,
    hashes,
    payload,
    template,
    ticket_of_alert,
)
from tests.support.matching import Match
from tests.support.members import signed_by
from tests.support.publishing import record
from tests.support.tickets import ticket_of_detect

from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import OrderStatus
from lethe.contracts.topics import ALERT_TICKET, DEPLOYMENT_ORDERED, DETECT_TICKET
from lethe.match.ports import ListName
from lethe.shredding.trust import LocalTrust


async def test_the_end_of_an_order_drops_its_watchlist(match: Match, trust: LocalTrust) -> None:
    assert LIST in hashes(match.world.watchlists)
    running = signed(trust, match.world.order)
    await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "d", running.encode()))
    assert LIST in hashes(match.world.watchlists)
    ended = signed(trust, match.world.order, status=OrderStatus.ENDED, serial=2)
    await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "d", ended.encode()))
    assert hashes(match.world.watchlists) == {}
    with pytest.raises(Transient):
        await match.world.index.search(NAME, [template(0)], 1)


async def test_what_alert_erased_is_dropped_unless_an_order_is_live(
    match: Match, trust: LocalTrust
) -> None:
    other = payload("r", "s", template(5)).model_copy(update={"watchlist_id": "unordered"})
    await match.world.watchlists.enrol(other)
    ticket = ticket_of_alert(None).model_copy(update={"erased_watchlists": ["unordered", LIST]})
    await match.handlers.on_alert_ticket(
        record(ALERT_TICKET, "alert-1", signed_by(trust, "alert", ALERT_TICKET, ticket))
    )
    order = signed(trust, match.world.order)
    await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "deployment-1", order.encode()))
    assert set(hashes(match.world.watchlists)) == {LIST}


async def test_a_list_that_is_ordered_for_tomorrow_as_well_stays(
    match: Match, trust: LocalTrust
) -> None:
    ended = match.world.order
    tomorrow = ended.model_copy(
        update={
            "deployment_id": "tomorrow",
            "starts_at_us": ended.ends_at_us + 1_000_000,
            "ends_at_us": ended.ends_at_us + 2_000_000,
        }
    )
    for told in (
        signed(trust, tomorrow),
        signed(trust, ended, status=OrderStatus.ENDED, serial=2),
    ):
        await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "d", told.encode()))
    assert LIST in hashes(match.world.watchlists)


async def test_a_list_that_the_index_keeps_holds_up_no_other(match: Match) -> None:
    watchlists, index = match.world.watchlists, match.world.index
    names = ["stuck", "free-1", "free-2"]
    for name in names:
        other = payload("r", "s", template(5)).model_copy(update={"watchlist_id": name})
        await watchlists.enrol(other)
    drop = index.drop

    async def drops_all_but_one(name: ListName) -> None:
        if name.watchlist_id == "stuck":
            raise Transient("may not remove snapshots")
        await drop(name)

    index.drop = drops_all_but_one  # type: ignore[method-assign]
    ticket = ticket_of_alert(None).model_copy(update={"erased_watchlists": names})
    body = signed_by(match.world.trust, "alert", ALERT_TICKET, ticket)
    await match.handlers.on_alert_ticket(record(ALERT_TICKET, "alert-1", body))
    order = signed(match.world.trust, match.world.order)
    with pytest.raises(Transient):
        await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "d", order.encode()))
    for name in names[1:]:
        with pytest.raises(Transient):
            await index.search(ListName(name, PACK), [template(5)], 1)


async def test_an_order_that_does_not_hold_drops_nothing(match: Match, trust: LocalTrust) -> None:
    ended = signed(trust, match.world.order, status=OrderStatus.ENDED, serial=2)
    forged = ended.model_copy(
        update={"state": ended.state.model_copy(update={"signature": bytes(64)})}
    )
    with pytest.raises(Refused):
        await match.handlers.on_order(record(DEPLOYMENT_ORDERED, "d", forged.encode()))
    assert LIST in hashes(match.world.watchlists)


async def test_the_list_of_a_pack_ends_when_no_detect_works_with_it_any_more(
    match: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.match.handlers._ORDERS_CHECK_S", 0.001)
    world, later = match.world, "7b" * 32
    for name, (subject, values) in world.content.items():
        await world.watchlists.enrol(payload(name, subject, values, later))
    hashes(world.watchlists)

    async def hear(instance_id: str, pack: str, sequence: int) -> None:
        now = world.clock.now()
        ticket = ticket_of_detect(pack, sequence, now, instance_id=instance_id)
        forged = signed_by(world.trust, "alert", DETECT_TICKET, ticket)
        with pytest.raises(Refused):
            await match.handlers.on_detect_ticket(record(DETECT_TICKET, instance_id, forged))
        body = signed_by(world.trust, "detect", DETECT_TICKET, ticket)
        await match.handlers.on_detect_ticket(record(DETECT_TICKET, instance_id, body))

    def packs() -> set[str]:
        return {each.model for each in world.watchlists.tell()}

    await hear("detect-1", PACK, 1)
    await hear("detect-2", later, 1)

    async def until_it_has_looked() -> None:
        looks = 0

        async def counted(*given: object) -> None:
            nonlocal looks
            looks += 1
            await plain(*given)  # type: ignore[arg-type]

        plain = world.watchlists.drop_superseded
        monkeypatch.setattr(world.watchlists, "drop_superseded", counted)
        await eventually(lambda: looks > 1)
        assert packs() == {PACK, later}
        await hear("detect-1", later, 2)
        await eventually(lambda: packs() == {later})

    await match.while_running(match.handlers.keep_to_orders(), until_it_has_looked)
