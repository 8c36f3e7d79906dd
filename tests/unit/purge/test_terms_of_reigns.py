"""A reign is a term of receipts: where these can't be written or signed, nothing is granted."""

from collections.abc import Sequence

import pytest
from tests.support.brokers import eventually
from tests.support.reigning import FOLLOWS, LEADS, Purge

from lethe.contracts.keys import KeyGranted


async def test_a_reign_is_a_term_of_receipts(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is not None
    await purge.reign.on_leadership(FOLLOWS, 2)
    await purge.reign.on_leadership(FOLLOWS, 3)
    first, ended = purge.receipts.steps
    assert ended == "another leads"
    await purge.reign.on_leadership(LEADS, 4)
    assert purge.receipts.steps[2] == purge.reign._custodian.term != first


async def test_without_receipts_no_key_is_granted_and_that_is_said_once(
    purge: Purge, capsys: pytest.CaptureFixture[str]
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.receipts.lost = True
        purge.hear_everybody()
        await eventually(lambda: purge.reign._custodian is None)
        for _ in range(3):
            purge.custody.time.advance_ms(2_100)
            await eventually(lambda: purge.reign._tried_us >= purge.custody.clock.boot_us())
        assert purge.published == []
        assert purge.reign.leads
        assert purge.reign.standstill == "no space left"
        assert capsys.readouterr().out.count("there would be no receipt") == 1
        purge.receipts.lost = False
        purge.custody.time.advance_ms(2_100)
        await eventually(lambda: purge.reign._custodian is not None)
        purge.hear_everybody()
        await purge.until_granted(3)
    assert purge.reign.standstill is None
    assert len({granted.term for granted in purge.published}) == 1


async def test_a_purge_that_leads_no_more_has_no_receipts_to_miss(purge: Purge) -> None:
    purge.receipts.lost = True
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign.standstill == "no space left"
    await purge.reign.on_leadership(FOLLOWS, 2)
    assert purge.reign.standstill is None


async def test_a_leader_that_can_not_begin_tries_again_and_a_follower_does_not(
    purge: Purge,
) -> None:
    purge.receipts.lost = True
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is None
    purge.receipts.lost = False
    async with purge.running():
        purge.custody.time.advance_ms(1_100)
        await eventually(lambda: purge.reign._custodian is not None)
        await purge.reign.on_leadership(FOLLOWS, 2)
        purge.custody.time.advance_ms(1_100)
    assert purge.receipts.steps[-1] == "another leads"


async def test_a_full_log_is_followed_by_another_term(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.receipts.full_after = 3
    async with purge.running():
        purge.hear_everybody()
        await eventually(lambda: len(purge.receipts.steps) == 2)
        purge.hear_everybody()
        await purge.until_granted(6)
    assert [granted.term for granted in purge.published] == [
        term for term in purge.receipts.steps for _ in range(3)
    ]


async def test_a_log_whose_times_are_wrong_is_followed_before_anything_is_granted(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.receipts.is_full = True
    async with purge.running():
        purge.hear_everybody()
        await eventually(lambda: len(purge.receipts.steps) == 2)
        assert purge.receipts.told == []
        purge.hear_everybody()
        await purge.until_granted(3)
    assert {granted.term for granted in purge.published} == {purge.receipts.steps[1]}


async def test_a_log_that_was_lost_elsewhere_is_followed_by_another_though_nothing_is_granted(
    purge: Purge, capsys: pytest.CaptureFixture[str]
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.custody.time.advance_ms(1_100)
        purge.receipts.fault = "receipts can't be written (No space left on device)"
        await eventually(lambda: len(purge.receipts.steps) == 2)
    assert "No space left on device" in capsys.readouterr().out


async def test_tries_that_come_to_nothing_grow_rarer_until_a_grant_is_told(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    waits = []
    for _ in range(9):
        assert custodian is not None
        purge.hear_everybody()
        purge.receipts.lost = True
        await purge.reign._grant(custodian)
        purge.receipts.lost = False
        waits.append(purge.reign._retry_us // 1_000_000)
        await purge.reign._begin(after=None)
        custodian = purge.reign._custodian
    assert waits == [2, 4, 8, 16, 32, 64, 64, 64, 64]
    assert custodian is not None
    purge.hear_everybody()
    await purge.reign._grant(custodian)
    assert purge.reign._retry_us == 1_000_000


async def test_who_was_deposed_while_it_told_sends_nothing_more(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    assert custodian is not None
    purge.hear_everybody()
    tell = purge.receipts.tell

    async def deposed(granted: Sequence[KeyGranted]) -> None:
        await tell(granted)
        await purge.reign.on_leadership(FOLLOWS, 2)

    purge.receipts.tell = deposed  # type: ignore[method-assign]
    await purge.reign._grant(custodian)
    assert len(purge.receipts.told) == 3
    assert purge.published == []
