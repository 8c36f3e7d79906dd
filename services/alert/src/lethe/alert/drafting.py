"""What a candidate list would be as an alert."""

import secrets

from lethe.alert.alerts import Alert, AlertTerms
from lethe.contracts.live import Candidate, CandidatesFound
from lethe.contracts.volunteers import is_volunteer

_HOUR_US = 3_600_000_000
MOST_FURTHER = 2
"""Images of a subject that are shown besides the one that a probe resembled."""
REHEARSAL_KEPT_US = _HOUR_US
"""An order's retention is no shorter: what is about volunteers only is kept for as little."""


def without(found: CandidatesFound, withdrawn: frozenset[str]) -> CandidatesFound:
    """Return a candidate list without subjects who were withdrawn while it was under way."""
    left = [each for each in found.candidates if each.subject_id not in withdrawn]
    return found.model_copy(update={"candidates": left})


def draft(found: CandidatesFound, terms: AlertTerms) -> Alert:
    """Return the alert about the best candidate, as long as the order keeps it.

    Nobody sought is hidden behind a volunteer, whoever has the higher score.
    """
    best, *others = sorted(found.candidates, key=_rank)
    captured_us = found.captured.wall_us
    is_rehearsal = is_volunteer(best.subject_id)
    kept_us = REHEARSAL_KEPT_US if is_rehearsal else terms.retention_hours * _HOUR_US
    return Alert(
        sequence=0,
        alert_id=secrets.token_hex(16),
        deployment_id=found.deployment_id,
        order_type=terms.order_type,
        camera_id=found.camera_id,
        watchlist_id=found.watchlist_id,
        subject_id=best.subject_id,
        reference_id=best.reference_id,
        score=best.score,
        cosine=best.cosine,
        threshold=found.threshold,
        captured=found.captured,
        decided=found.decided,
        published=None,
        candidates=tuple(others),
        sightings=1,
        last_sighting_wall_us=captured_us,
        heading=found.heading,
        further_references=best.further_references[:MOST_FURTHER],
        erase_at_wall_us=captured_us + kept_us,
        kept_sightings=(captured_us,) if terms.keeps_sightings else None,
    )


def _rank(candidate: Candidate) -> tuple[bool, float]:
    return is_volunteer(candidate.subject_id), -candidate.score
