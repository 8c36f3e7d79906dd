"""Whoever is withdrawn is searched for no longer: at once, everywhere, and after a restart."""

import pytest
from tests.support.forgetting import withdrawn
from tests.support.match_desk import MatchDesk, blend, hashes, template

from lethe.contracts.keys import Role
from lethe.contracts.live import ProbeOutcome
from lethe.contracts.orders import DeploymentOrdered
from lethe.match.deciding import COMPARISON_LIMIT
from lethe.match.ports import Comparison, ListName, Template
from lethe.match.probes import SealedProbe
from lethe.shredding.trust import LocalTrust

FOUND, NOBODY = ProbeOutcome.CANDIDATES, ProbeOutcome.NON_MATCH


@pytest.fixture(name="desk")
async def desk_(trust: LocalTrust) -> MatchDesk:
    desk = MatchDesk(trust)
    await desk.prepare()
    return desk


def withdrawing(desk: MatchDesk, *subjects: str) -> DeploymentOrdered:
    [held] = desk.book.all_orders()
    return withdrawn(desk.trust, held.signed, *subjects, serial=held.serial + 1)


async def outcomes(desk: MatchDesk, *probes: SealedProbe) -> list[ProbeOutcome]:
    return [each.outcome for each in await desk.decide(*probes)]


async def test_a_withdrawn_subject_is_no_candidate_any_more_and_others_are(
    desk: MatchDesk,
) -> None:
    assert await outcomes(desk, desk.probe(template(0)), desk.probe(template(1))) == [FOUND, FOUND]
    desk.hear(withdrawing(desk, "s0"))
    assert hashes(desk.watchlists) == {"watchlist-1": desk.order.watchlist_hash}
    later = await outcomes(desk, desk.probe(template(0)), desk.probe(template(1)))
    assert later == [NOBODY, FOUND]
    named = [[each.subject_id for each in found.candidates] for found in desk.rescued]
    assert named == [["s0"], ["s1"], ["s1"]]


async def test_what_a_track_had_before_finds_nobody_who_is_withdrawn(desk: MatchDesk) -> None:
    shot = blend(template(0), 0.55)
    assert await outcomes(desk, desk.probe(shot, track=b"track-01")) == [FOUND]
    desk.hear(withdrawing(desk, "s0"))
    assert await outcomes(desk, desk.probe(shot, track=b"track-01")) == [NOBODY]


async def test_many_references_of_a_withdrawn_subject_hide_nobody_else(trust: LocalTrust) -> None:
    content = {f"w{n}": ("s0", template(0)) for n in range(COMPARISON_LIMIT + 1)}
    desk = MatchDesk(trust, content | {"r1": ("s1", blend(template(0), 0.49))})
    await desk.prepare()
    desk.hear(withdrawing(desk, "s0"))
    nearest_to_s0 = blend(template(0), 0.9)
    assert await outcomes(desk, desk.probe(nearest_to_s0)) == [FOUND]
    [found] = desk.rescued
    assert [each.subject_id for each in found.candidates] == ["s1"]


async def test_only_a_probe_that_somebody_withdrawn_crowds_is_searched_for_more(
    trust: LocalTrust,
) -> None:
    """The more are withdrawn the longer takes a search for all of them: too long for a batch."""
    content = {f"w{n}": ("s0", template(0)) for n in range(COMPARISON_LIMIT + 1)}
    desk = MatchDesk(trust, content | {"r1": ("s1", template(1))})
    await desk.prepare()
    desk.hear(withdrawing(desk, "s0"))
    search, asked = desk.index.search, []

    async def counted(name: ListName, probes: list[Template], limit: int) -> list[list[Comparison]]:
        asked.append((len(probes), limit))
        return await search(name, probes, limit)

    desk.index.search = counted  # type: ignore[method-assign]
    probes = [desk.probe(template(1)), desk.probe(blend(template(0), 0.9))]
    assert await outcomes(desk, *probes) == [FOUND, NOBODY]
    assert asked == [(2, COMPARISON_LIMIT), (1, 2 * COMPARISON_LIMIT + 1)]


async def test_where_everybody_is_withdrawn_nobody_is_found(desk: MatchDesk) -> None:
    desk.hear(withdrawing(desk, "s0", "s1"))
    assert await outcomes(desk, desk.probe(template(0)), desk.probe(template(1))) == [NOBODY] * 2
    assert desk.rescued == []


async def test_a_match_that_starts_again_behind_a_withdrawal_gets_no_keys_and_finds_nobody(
    desk: MatchDesk,
) -> None:
    # A broker that was set back has the state of before only. purge remembers the newer one.
    ordered = withdrawing(desk, "s0")
    desk.purges.hear(ordered, desk.clock.wall_us())
    held = {role: desk.holders[role].accept(grant) for role, grant in desk.grants().items()}
    assert held[Role.DETECT]
    assert held[Role.MATCH] == []
    assert await outcomes(desk, desk.probe(template(0))) == [ProbeOutcome.EXPIRED]
    desk.book.hear(ordered, desk.clock.wall_us())
    desk.run_slot()
    assert await outcomes(desk, desk.probe(template(0)), desk.probe(template(1))) == [NOBODY, FOUND]
    assert [found.candidates[0].subject_id for found in desk.rescued] == ["s1"]
