"""Which lists match lacks, of which model pack, and what people are told of it."""

import pytest
from tests.support.forgetting import signed
from tests.unit.alert.deploying.conftest import ORDER, PACK, Front

from lethe.contracts.keys import HeldList
from lethe.contracts.orders import OrderStatus
from lethe.shredding.trust import LocalTrust

LATER = "7b" * 32


def held(pack: str = PACK, content: str = ORDER.watchlist_hash, references: int = 2) -> HeldList:
    return HeldList(
        watchlist_id=ORDER.watchlist_id, model=pack, references=references, content_hash=content
    )


@pytest.fixture(name="ordered")
def ordered_(front: Front, trust: LocalTrust) -> Front:
    front.desk.hear_order(signed(trust, ORDER))
    return front


async def test_when_detect_works_with_another_pack_match_lacks_what_it_held(
    ordered: Front,
) -> None:
    assert ordered.match(held()) == {}
    assert await ordered.blind() is None
    ordered.detect(LATER)
    assert ordered.match(held()) == {ORDER.watchlist_id: 0}
    blind = await ordered.blind()
    assert blind is not None
    assert f"lethe watchlist re-enrol {ORDER.watchlist_id}" in blind
    # One that still grows tells no hash, and nothing more is sent for it.
    assert ordered.match(held(), held(LATER, content="", references=1)) == {}
    assert await ordered.blind() is not None
    # Where nothing comes any more and something is missing, it is sent, and not what is there.
    part = held(LATER, content="cd" * 32, references=1)
    assert ordered.match(held(), part) == {ORDER.watchlist_id: 1}
    assert ordered.match(held(), held(LATER)) == {}
    assert await ordered.blind() is None


async def test_of_two_instances_whoever_enrols_says_what_is_lacking(ordered: Front) -> None:
    ordered.detect(LATER, instance_id="detect-2", partitions=0)
    assert ordered.match(held()) == {}
    assert ordered.desk.searching.pack() == PACK
    assert await ordered.blind() is not None, "what the second finds isn't searched for"
    ordered.detect(LATER, instance_id="detect-2", generation=2)
    assert ordered.match(held()) == {ORDER.watchlist_id: 0}
    assert ordered.match(held(), held(LATER)) == {}
    assert await ordered.blind() is None


async def test_while_nobody_owns_the_lane_it_is_what_all_work_with(ordered: Front) -> None:
    ordered.detect(LATER, partitions=0)
    assert ordered.desk.searching.pack() == LATER
    ordered.detect(PACK, instance_id="detect-2", partitions=0)
    assert ordered.desk.searching.pack() is None
    assert ordered.match(held()) == {}


async def test_while_no_detect_enrols_nothing_is_sent(ordered: Front) -> None:
    ordered.clock.time.advance_ms(5_000)
    assert ordered.match() == {}
    assert ordered.desk.searching.pack() is None
    assert await ordered.blind() is not None


async def test_what_is_ordered_for_later_is_lacking_as_well(
    front: Front, trust: LocalTrust
) -> None:
    now_us = front.clock.wall_us()
    later = ORDER.model_copy(
        update={"starts_at_us": now_us + 1_000_000, "ends_at_us": now_us + 60_000_000}
    )
    front.desk.hear_order(signed(trust, later))
    assert front.match() == {ORDER.watchlist_id: 0}
    assert await front.blind() is None, "nobody is to be searched for yet"
    front.desk.hear_order(signed(trust, later, status=OrderStatus.ENDED, serial=2))
    assert front.match() == {}
