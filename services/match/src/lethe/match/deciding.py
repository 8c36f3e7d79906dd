"""From comparisons to a candidate list: the best of each subject, at or above the threshold."""

from collections.abc import Sequence
from itertools import islice

from lethe.contracts.live import Candidate
from lethe.match.ports import Comparison
from lethe.vision.scores import score_for_cosine

CANDIDATE_LIMIT = 5
COMPARISON_LIMIT = 20
"""References looked at per probe: a subject has several."""
_FURTHER_LIMIT = 2
"""So many images of a subject besides the closest one are named to whoever judges an alert."""


def candidates(
    comparisons: list[Comparison], threshold: float, looked_at: Sequence[Comparison] = ()
) -> list[Candidate]:
    """Return the candidates of a probe, best first; none is the ordinary case.

    Parameters
    ----------
    threshold
        Comparison score 0..1 from the order.
    looked_at
        Every comparison of the newest shot, best first: what a subject's further images are
        taken from.
    """
    best: dict[str, Comparison] = {}
    for comparison in comparisons:
        known = best.get(comparison.subject_id)
        if known is None or comparison.cosine > known.cosine:
            best[comparison.subject_id] = comparison
    found = [
        Candidate(
            subject_id=comparison.subject_id,
            reference_id=comparison.reference_id,
            score=round(score_for_cosine(comparison.cosine), 4),
            cosine=round(comparison.cosine, 4),
            further_references=_further(comparison, looked_at),
        )
        for comparison in best.values()
        if score_for_cosine(comparison.cosine) >= threshold
    ]
    return sorted(found, key=lambda candidate: -candidate.score)[:CANDIDATE_LIMIT]


def _further(best: Comparison, looked_at: Sequence[Comparison]) -> tuple[str, ...]:
    """Return the references of a subject that come closest behind the best one."""
    others = (
        each.reference_id
        for each in looked_at
        if each.subject_id == best.subject_id and each.reference_id != best.reference_id
    )
    return tuple(islice(others, _FURTHER_LIMIT))
