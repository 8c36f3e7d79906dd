"""Alerts as rows, and rows as alerts."""

from sqlalchemy import RowMapping, Select, func, select

from lethe.alert.alerts import Adjudication, Alert
from lethe.alert.tables import adjudications, alerts
from lethe.contracts.adjudication import Outcome, Verdict
from lethe.contracts.instants import Instant
from lethe.contracts.live import Candidate
from lethe.contracts.orders import OrderType

_OF_ADJUDICATION = [column for column in adjudications.c if column.name != "alert_id"]
_LATEST = (
    select(func.max(adjudications.c.number))
    .where(adjudications.c.alert_id == alerts.c.alert_id)
    .correlate(alerts)
    .scalar_subquery()
)


def select_alerts() -> Select[tuple[object, ...]]:
    """Return a statement for alerts, each with its latest adjudication."""
    joined = alerts.outerjoin(adjudications, adjudications.c.number == _LATEST)
    return select(*alerts.c, *_OF_ADJUDICATION).select_from(joined)


def select_adjudicated() -> Select[tuple[object, ...]]:
    """Return a statement for adjudications, each with its alert."""
    joined = adjudications.join(alerts, adjudications.c.alert_id == alerts.c.alert_id)
    return select(*alerts.c, *_OF_ADJUDICATION).select_from(joined)


def instant_columns(name: str, instant: Instant | None) -> dict[str, object]:
    """Return the columns of an instant."""
    return {
        f"{name}_boot_id": instant and instant.boot_id,
        f"{name}_boot_us": instant and instant.boot_us,
        f"{name}_wall_us": instant and instant.wall_us,
    }


def _instant(row: RowMapping, name: str) -> Instant | None:
    if row[f"{name}_boot_id"] is None:
        return None
    return Instant(
        boot_id=row[f"{name}_boot_id"],
        boot_us=row[f"{name}_boot_us"],
        wall_us=row[f"{name}_wall_us"],
    )


def _certain_instant(row: RowMapping, name: str) -> Instant:
    instant = _instant(row, name)
    if instant is None:
        raise ValueError(f"a row without the instant {name}")
    return instant


_PLAIN = (
    "alert_id",
    "deployment_id",
    "camera_id",
    "watchlist_id",
    "subject_id",
    "reference_id",
    "score",
    "cosine",
    "threshold",
    "sightings",
    "last_sighting_wall_us",
    "erase_at_wall_us",
)


def to_row(alert: Alert) -> dict[str, object]:
    """Return an alert's columns but for its sequence, which the database gives."""
    return {
        **{name: getattr(alert, name) for name in _PLAIN},
        **instant_columns("captured", alert.captured),
        **instant_columns("decided", alert.decided),
        **instant_columns("published", alert.published),
        "order_type": alert.order_type.value,
        "candidates": [candidate.model_dump() for candidate in alert.candidates],
    }


def to_alert(row: RowMapping) -> Alert:
    """Return the alert in a row, with its adjudication if that is there."""
    return Alert(
        **{name: row[name] for name in _PLAIN},
        sequence=row["sequence"],
        order_type=OrderType(row["order_type"]),
        captured=_certain_instant(row, "captured"),
        decided=_certain_instant(row, "decided"),
        published=_instant(row, "published"),
        candidates=tuple(Candidate.model_validate(c) for c in row["candidates"]),
        erased=row["erased_wall_us"] is not None,
        adjudication=_to_adjudication(row),
    )


def adjudication_row(alert: Alert, adjudication: Adjudication) -> dict[str, object]:
    """Return an adjudication's columns but for its number, which the database gives."""
    return {
        "alert_id": alert.alert_id,
        "verdict": adjudication.verdict.value,
        "confirmed": adjudication.confirmed,
        "outcome": adjudication.outcome and adjudication.outcome.value,
        "officer": adjudication.officer,
        **instant_columns("adjudicated", adjudication.adjudicated),
        "announced": False,
    }


def _to_adjudication(row: RowMapping) -> Adjudication | None:
    if row.get("number") is None:
        return None
    return Adjudication(
        verdict=Verdict(row["verdict"]),
        confirmed=row["confirmed"],
        outcome=row["outcome"] and Outcome(row["outcome"]),
        officer=row["officer"],
        adjudicated=_certain_instant(row, "adjudicated"),
        number=row["number"],
    )
