"""From comparisons to a candidate list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.match_desk import MatchDesk, blend, template

from lethe.contracts.live import ProbeOutcome
from lethe.match.deciding import CANDIDATE_LIMIT, candidates
from lethe.match.ports import Comparison
from lethe.shredding.trust import LocalTrust
from lethe.vision.scores import cosine_for_score, score_for_cosine

_COMPARISONS = st.lists(
    st.builds(
        Comparison,
        reference_id=st.sampled_from([f"r{n}" for n in range(20)]),
        subject_id=st.sampled_from([f"s{n}" for n in range(8)]),
        cosine=st.floats(-1, 1),
    ),
    max_size=20,
)


def test_no_comparison_gives_no_candidate() -> None:
    assert candidates([], 0.0) == []


def test_the_threshold_itself_is_enough() -> None:
    at, below = cosine_for_score(0.6), cosine_for_score(0.6) - 1e-6
    [found] = candidates([Comparison("r0", "s0", at), Comparison("r1", "s1", below)], 0.6)
    assert (found.subject_id, found.score, found.cosine) == ("s0", 0.6, 0.5)


def test_a_candidate_names_the_images_of_its_subject_that_came_closest_behind_the_best() -> None:
    names = [("r0", "s0"), ("r9", "s1"), ("r1", "s0"), ("r2", "s0"), ("r3", "s0")]
    looked_at = [Comparison(r, s, 0.9 - 0.1 * n) for n, (r, s) in enumerate(names)]
    mine, other = candidates(looked_at, 0.6, looked_at)
    assert (mine.reference_id, mine.further_references) == ("r0", ("r1", "r2"))
    assert (other.reference_id, other.further_references) == ("r9", ())


async def test_the_images_are_those_of_the_shot_that_made_the_candidate(trust: LocalTrust) -> None:
    desk = MatchDesk(trust, threshold=0.6)
    await desk.prepare()
    await desk.decide(desk.probe(blend(template(1), 0.51)), desk.probe(blend(template(2), 0.51)))
    told = [found.candidates[0] for found in desk.rescued]
    assert [(each.reference_id, each.further_references) for each in told] == [
        ("r1", ("r1b",)),
        ("r1b", ("r1",)),
    ]


@given(_COMPARISONS, st.floats(0, 1))
def test_a_list_names_the_best_of_each_subject_at_or_above_the_threshold(
    comparisons: list[Comparison], threshold: float
) -> None:
    found = candidates(comparisons, threshold)
    best: dict[str, float] = {}
    for comparison in comparisons:
        best[comparison.subject_id] = max(best.get(comparison.subject_id, -2), comparison.cosine)
    expected = [s for s, cosine in best.items() if score_for_cosine(cosine) >= threshold]
    assert len(found) == min(len(expected), CANDIDATE_LIMIT)
    assert {c.subject_id for c in found} <= set(expected)
    assert all(c.cosine == round(best[c.subject_id], 4) for c in found)
    scores = [c.score for c in found]
    assert scores == sorted(scores, reverse=True)
    left_out = set(expected) - {c.subject_id for c in found}
    if left_out:
        assert max(round(score_for_cosine(best[s]), 4) for s in left_out) <= min(scores)


@pytest.mark.parametrize(
    ("threshold", "outcome"),
    [
        (0.5, ProbeOutcome.CANDIDATES),
        (0.6, ProbeOutcome.CANDIDATES),
        (0.75, ProbeOutcome.NON_MATCH),
    ],
)
async def test_the_threshold_is_the_orders(
    trust: LocalTrust, threshold: float, outcome: ProbeOutcome
) -> None:
    desk = MatchDesk(trust, threshold=threshold)
    await desk.prepare()
    # A score a little over 0.6.
    [decided] = await desk.decide(desk.probe(blend(template(1), 0.51)))
    assert decided.outcome is outcome
