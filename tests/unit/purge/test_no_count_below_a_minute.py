"""A count of faces spans a minute: the end of a term publishes none of less."""

import pytest
from tests.support.receipting_desk import Desk, of_kind

from lethe.receipts.entries import MinuteCounted


@pytest.mark.parametrize("ends", ["stopped", "followed"])
async def test_a_term_that_ends_after_ten_seconds_publishes_no_count_of_them(
    desk: Desk, ends: str
) -> None:
    await desk.begin("t1")
    await desk.slot()
    await desk.later(10)
    if ends == "followed":
        await desk.begin("t2")
        # The second term's own minute, after which what it closed itself is counted.
        await desk.slot()
        await desk.later(61)
    await desk.receipting.close()
    counted = [] if ends == "stopped" else [("deployment-1", 1, 3)]
    told = of_kind(desk, MinuteCounted)
    assert [(each.deployment, each.slots, each.faces_seen) for each in told] == counted
    verdict = desk.verified()
    assert (verdict.remarks, verdict.unclosed) == ([], 0)
    (totals,) = verdict.totals.values()
    assert (totals.closed, totals.uncounted) == (1 + len(counted), 1)
    assert totals.faces["seen"] == 3 * len(counted)


async def test_what_was_dropped_in_less_than_a_minute_is_told_in_the_next_log(desk: Desk) -> None:
    await desk.begin("t1")
    desk.accountant.hear_slot(desk.counted(None, offered=2, dropped={"no_key": 2}))
    await desk.later(10)
    await desk.begin("t2")
    await desk.later(61)
    await desk.receipting.close()
    (told,) = of_kind(desk, MinuteCounted)
    assert (told.slots, told.dropped_without_key) == (0, 2)
    assert desk.verified().totals["deployment-1"].dropped_without_key == 2
