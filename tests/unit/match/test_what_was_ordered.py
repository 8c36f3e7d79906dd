"""What is searched is what was ordered: the watchlist's content, and no more people."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.match_desk import MatchDesk, image_hash, template

from lethe.contracts.live import ProbeOutcome
from lethe.contracts.orders import watchlist_hash
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


_PEOPLE = st.integers(1, 5)
_Listed = list[tuple[str, str]]
_OTHERWISE: dict[str, Callable[[_Listed], _Listed]] = {
    "as it is": lambda listed: listed,
    "one fewer": lambda listed: listed[1:],
    "one more": lambda listed: [*listed, ("s9", image_hash("r9"))],
    "another image": lambda listed: [*listed[1:], (listed[0][0], image_hash("r9"))],
    "another person": lambda listed: [*listed[1:], ("s9", listed[0][1])],
}


def test_a_search_is_made_where_list_and_size_are_as_ordered_and_nowhere_else(
    trust: LocalTrust,
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(people=_PEOPLE, ordered=_PEOPLE, otherwise=st.sampled_from(sorted(_OTHERWISE)))
    def play(people: int, ordered: int, otherwise: str) -> None:
        content = {f"r{number}": (f"s{number}", template(number)) for number in range(people)}
        listed = [(subject, image_hash(name)) for name, (subject, _) in content.items()]
        said = watchlist_hash(_OTHERWISE[otherwise](listed))
        desk = MatchDesk(trust, content, watchlist_hash=said, watchlist_size=ordered)
        is_expected = otherwise == "as it is" and people <= ordered
        assert asyncio.run(_searches(desk)) == is_expected
        seen["searched" if is_expected else otherwise] += 1
        seen["more than ordered"] += otherwise == "as it is" and people > ordered

    play()
    assert seen.keys() == {"searched", "more than ordered", *_OTHERWISE}
    assert min(seen.values()) > 0


async def _searches(desk: MatchDesk) -> bool:
    await desk.prepare()
    before = desk.index.searches
    await desk.decide(desk.probe(template(0)))
    return desk.index.searches > before
