"""What a candidate list would be as an alert."""

import secrets

from lethe.alert.alerts import Alert, AlertTerms
from lethe.contracts.live import CandidatesFound

_HOUR_US = 3_600_000_000


def without(found: CandidatesFound, withdrawn: frozenset[str]) -> CandidatesFound:
    """Return a candidate list without subjects who were withdrawn while it was under way."""
    left = [each for each in found.candidates if each.subject_id not in withdrawn]
    return found.model_copy(update={"candidates": left})


def draft(found: CandidatesFound, terms: AlertTerms) -> Alert:
    """Return the alert about the best candidate, as long as the order keeps it."""
    best, *others = sorted(found.candidates, key=lambda c: c.score, reverse=True)
    captured_us = found.captured.wall_us
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
        erase_at_wall_us=captured_us + terms.retention_hours * _HOUR_US,
    )
