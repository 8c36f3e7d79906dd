"""Receipts tell which programs got keys, as each says of itself."""

from tests.support.receipting_desk import PROGRAM, Desk, of_kind

from lethe.contracts.keys import Role
from lethe.purge.told import MOST_SOFTWARE
from lethe.receipts.entries import OrderInForce, SlotGranted


async def test_a_program_that_joins_is_told_before_it_gets_a_key_and_what_is_no_digest_is_not(
    desk: Desk,
) -> None:
    await desk.begin("t1")
    await desk.slot()
    granted = desk.made()
    desk.accountant.software |= {
        (Role.MATCH, "match-1"): "0a" * 32,
        (Role.INGEST, "ingest-1"): "no digest",
    }
    await desk.receipting.tell(granted)
    told = [each for each in desk.entries() if isinstance(each, OrderInForce | SlotGranted)]
    first, _, second, slot = told
    assert isinstance(first, OrderInForce)
    assert isinstance(second, OrderInForce)
    assert isinstance(slot, SlotGranted)
    assert [first.holders, second.holders] == [(PROGRAM,), ("0a" * 32, PROGRAM)]
    await desk.receipting.close()
    assert list(desk.verified().totals["deployment-1"].holders) == [PROGRAM, "0a" * 32]


async def test_whoever_makes_up_digests_without_end_fills_no_log_with_them(desk: Desk) -> None:
    await desk.begin("t1")
    for number in range(MOST_SOFTWARE + 5):
        granted = desk.made()
        desk.accountant.software[Role.MATCH, "match-1"] = f"{number:064x}"
        await desk.receipting.tell(granted)
        desk.custody.time.advance_ms(200)
    told = of_kind(desk, OrderInForce)
    assert len(told[-1].holders) == MOST_SOFTWARE
    # The first was told with two of them, and what comes beyond has no order told again.
    assert len(told) == MOST_SOFTWARE - 1


async def test_whoever_signs_for_another_role_says_nothing_of_a_program_whose_name_it_takes(
    desk: Desk,
) -> None:
    await desk.begin("t1")
    granted = desk.made()
    desk.accountant.hear_ticket(
        desk.custody.ticket(Role.ALERT, instance_id="detect-1", software="0b" * 32)
    )
    await desk.receipting.tell(granted)
    [order] = of_kind(desk, OrderInForce)
    assert order.holders == (PROGRAM,)
