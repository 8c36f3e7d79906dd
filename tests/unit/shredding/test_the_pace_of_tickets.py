"""Whoever needs keys sends a ticket in every slot; whoever doesn't, once in a while."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.forgetting import ALL_PARTITIONS, FakeSwitch

from lethe.contracts.keys import Role, TransitKey
from lethe.contracts.topics import ALERT_TICKET
from lethe.runtime.observing import KeyObserver
from lethe.shredding.clock import SystemClock
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.signing import Signer
from lethe.shredding.terms import Standing
from lethe.shredding.trust import LocalTrust

SLOTS_AT_REST = 3


async def slots_with_a_ticket(
    trust: LocalTrust, standing: Callable[[int], Standing], tickets: int
) -> list[int]:
    """Return in which slots, counted from one, the first tickets were sent."""
    asked, sent, done = [0], list[int](), asyncio.Event()

    def asking() -> Standing:
        asked[0] += 1
        return standing(asked[0])

    async def send(_topic: object, _key: str, _body: bytes) -> None:
        sent.append(asked[0])
        if len(sent) == tickets:
            done.set()

    traffic = KeyTraffic(
        Holder("alert-1", Role.ALERT, "run", clock=SystemClock(), switch=FakeSwitch()),
        Signer.from_file(trust.key_file("alert")),
        trust.roster(),
        ticket_topic=ALERT_TICKET,
        send=send,
        standing=asking,
        observer=KeyObserver(),
        slot_ms=1,
        slots_at_rest=SLOTS_AT_REST,
    )
    running = asyncio.create_task(traffic.run())
    await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return sent[:tickets]


async def test_a_holder_at_rest_sends_one_in_so_many_slots(trust: LocalTrust) -> None:
    assert await slots_with_a_ticket(trust, lambda _: Standing(), 4) == [1, 4, 7, 10]


@pytest.mark.parametrize(
    "needs",
    [ALL_PARTITIONS, Standing(enrols=True), Standing(looks=("gate-1",))],
    ids=["owns", "enrols", "looks"],
)
async def test_a_holder_that_needs_keys_sends_one_in_every_slot(
    trust: LocalTrust, needs: Standing
) -> None:
    assert await slots_with_a_ticket(trust, lambda _: needs, 4) == [1, 2, 3, 4]


async def test_what_changes_is_said_in_the_next_slot(trust: LocalTrust) -> None:
    before = Standing(transit=TransitKey(key_id="before", public_key=bytes(1216)))
    after = Standing(transit=TransitKey(key_id="after", public_key=bytes(1216)))
    said = await slots_with_a_ticket(trust, lambda slot: before if slot < 3 else after, 3)
    assert said == [1, 3, 6]


async def test_nobody_waits_for_what_alert_keeps_of_receipts(trust: LocalTrust) -> None:
    def standing(slot: int) -> Standing:
        return replace(Standing(), receipts={"log": slot})

    assert await slots_with_a_ticket(trust, standing, 3) == [1, 4, 7]
