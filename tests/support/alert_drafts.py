"""Alerts as they are before the log has them."""

from tests.support.alert_desk import instant

from lethe.alert.alerts import Alert
from lethe.contracts.live import Candidate
from lethe.contracts.orders import OrderType


def draft(alert_id: str, subject_id: str = "subject-1", *, erase_at_wall_us: int = 1000) -> Alert:
    """Return an alert that isn't appended yet."""
    return Alert(
        sequence=0,
        alert_id=alert_id,
        deployment_id="deployment-1",
        order_type=OrderType.LOCAL,
        camera_id="entrance",
        watchlist_id="watchlist-1",
        subject_id=subject_id,
        reference_id="reference-1",
        score=0.8125,
        cosine=0.6,
        threshold=0.6,
        captured=instant(0),
        decided=instant(80),
        published=None,
        further_references=("reference-2",),
        candidates=(Candidate(subject_id="s", reference_id="r", score=0.7, cosine=0.5),),
        sightings=1,
        last_sighting_wall_us=500,
        erase_at_wall_us=erase_at_wall_us,
    )
