"""From comparisons to a candidate list: the best of each subject, at or above the threshold."""

from lethe.contracts.live import Candidate
from lethe.match.ports import Comparison
from lethe.vision.scores import score_for_cosine

CANDIDATE_LIMIT = 5
COMPARISON_LIMIT = 20
"""References looked at per probe: a subject has several."""


def candidates(comparisons: list[Comparison], threshold: float) -> list[Candidate]:
    """Return the candidates of a probe, best first; none is the ordinary case.

    Parameters
    ----------
    threshold
        Comparison score 0..1 from the order.
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
        )
        for comparison in best.values()
        if score_for_cosine(comparison.cosine) >= threshold
    ]
    return sorted(found, key=lambda candidate: -candidate.score)[:CANDIDATE_LIMIT]
