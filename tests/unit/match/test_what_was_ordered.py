"""What is searched is what was ordered: the watchlist's content, and no more people."""

import pytest
from tests.support.match_desk import MatchDesk, template

from lethe.contracts.live import ProbeOutcome
from lethe.shredding.trust import LocalTrust


async def test_without_the_ordered_watchlist_no_search_is_made(trust: LocalTrust) -> None:
    desk = MatchDesk(trust, watchlist_hash="ab" * 32)
    await desk.prepare()
    before = desk.index.searches
    [decided] = await desk.decide(desk.probe(template(0)))
    assert decided.outcome is ProbeOutcome.EXPIRED
    assert (desk.index.searches, desk.rescued) == (before, [])


@pytest.mark.parametrize(
    ("ordered", "outcome", "found"),
    [
        (1, ProbeOutcome.REFUSED, 0),
        (2, ProbeOutcome.CANDIDATES, 1),
        (3, ProbeOutcome.CANDIDATES, 1),
    ],
)
async def test_no_list_with_more_subjects_than_ordered_is_searched(
    trust: LocalTrust, ordered: int, outcome: ProbeOutcome, found: int
) -> None:
    desk = MatchDesk(trust, watchlist_size=ordered)
    await desk.prepare()
    before = desk.index.searches
    [decided] = await desk.decide(desk.probe(template(0)))
    assert decided.outcome is outcome
    assert (desk.index.searches - before, len(desk.rescued)) == (found, found)
