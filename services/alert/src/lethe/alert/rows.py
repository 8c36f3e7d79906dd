"""Alerts as rows, and rows as alerts."""

from collections.abc import Iterable
from sys import intern

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.sql import FromClause

from lethe.alert.alerts import Alert
from lethe.alert.judgements import Adjudication, Judgements, Mark
from lethe.alert.tables import adjudications, alerts
from lethe.contracts.adjudication import Capacity, Outcome, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant
from lethe.contracts.live import Candidate
from lethe.contracts.orders import OrderType
from lethe.contracts.volunteers import MARK

_LATEST = {capacity: adjudications.alias(capacity.value) for capacity in Capacity}
_NEW = "new"


def _named(columns: Iterable[ColumnElement[object]], prefix: str) -> list[ColumnElement[object]]:
    return [column.label(f"{prefix}_{column.key}") for column in columns]


def select_alerts(*further: ColumnElement[object]) -> Select[tuple[object, ...]]:
    """Return a statement for alerts, each with its latest adjudication in every capacity."""
    joined: FromClause = alerts
    columns = [*alerts.c, *further]
    for capacity, latest in _LATEST.items():
        number = (
            select(func.max(adjudications.c.number))
            .where(
                adjudications.c.alert_id == alerts.c.alert_id,
                adjudications.c.capacity == capacity.value,
            )
            .correlate(alerts)
            .scalar_subquery()
        )
        joined = joined.outerjoin(latest, latest.c.number == number)
        columns += _named(latest.c, capacity.value)
    return select(*columns).select_from(joined)


def select_adjudicated() -> Select[tuple[object, ...]]:
    """Return a statement for adjudications, each with its alert; see `to_adjudicated`."""
    statement = select_alerts(*_named(adjudications.c, _NEW))
    return statement.join(adjudications, adjudications.c.alert_id == alerts.c.alert_id)


def is_false() -> ColumnElement[bool]:
    """Return the condition of `select_alerts` that says what `Alert.is_false` does."""
    return _is_judged(Verdict.FALSE_ALERT)


def is_open() -> ColumnElement[bool]:
    """Return the condition that says what `Alert.is_open` does.

    It needs nothing that `select_alerts` joins: there may be many alerts, and few that are open.
    """
    counts = or_(
        adjudications.c.capacity == Capacity.ENGAGEMENT_OFFICER.value, alerts.c.claimed_by.is_(None)
    )
    decided = exists().where(adjudications.c.alert_id == alerts.c.alert_id, counts)
    return and_(alerts.c.erased_wall_us.is_(None), not_(decided))


def is_rehearsal() -> ColumnElement[bool]:
    """Return the condition that says what `Alert.is_rehearsal` does."""
    return alerts.c.subject_id.startswith(MARK, autoescape=True)


def _is_judged(verdict: Verdict) -> ColumnElement[bool]:
    operator, officer = _LATEST[Capacity.OPERATOR], _LATEST[Capacity.ENGAGEMENT_OFFICER]
    said = verdict.value
    nobody_went = and_(officer.c.number.is_(None), alerts.c.claimed_by.is_(None))
    return or_(officer.c.verdict == said, and_(nobody_went, operator.c.verdict == said))


def select_fates() -> Select[str, str, int]:
    """Return a statement for how many alerts of each deployment came to what; see `AlertTally`."""
    fate = case(
        (is_rehearsal(), "rehearsals"),
        (is_false(), "false"),
        (_is_judged(Verdict.TRUE_ALERT), "true"),
        (alerts.c.erased_wall_us.is_not(None), "unresolved"),
        else_="open",
    )
    fates = select_alerts(fate.label("fate")).subquery()
    name, became = fates.c.deployment_id, fates.c.fate
    return select(name, became, func.count()).group_by(name, became)


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
        boot_id=intern(row[f"{name}_boot_id"]),
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
    "score",
    "cosine",
    "threshold",
    "sightings",
    "last_sighting_wall_us",
    "erase_at_wall_us",
    "erased_wall_us",
    "version",
)


# What many alerts have in common is in memory once: thousands of them are on the stream.
_SHARED = ("deployment_id", "camera_id", "watchlist_id", "subject_id", "reference_id")


def to_row(alert: Alert) -> dict[str, object]:
    """Return an alert's columns but for its sequence, which the database gives."""
    return {
        **{name: getattr(alert, name) for name in (*_PLAIN, *_SHARED)},
        **instant_columns("captured", alert.captured),
        **instant_columns("decided", alert.decided),
        **instant_columns("published", alert.published),
        **handling_columns(alert),
        "heading": alert.heading and alert.heading.value,
        "order_type": alert.order_type.value,
        "candidates": [candidate.model_dump() for candidate in alert.candidates],
        "further_references": list(alert.further_references),
        "kept_sightings": None if alert.kept_sightings is None else list(alert.kept_sightings),
    }


def handling_columns(alert: Alert) -> dict[str, object]:
    """Return the columns of what people do about an alert before they decide."""
    return {
        "version": alert.version,
        **_mark_columns("acknowledged", alert.acknowledged),
        **_mark_columns("claimed", alert.claim),
    }


def _mark_columns(name: str, mark: Mark | None) -> dict[str, object]:
    officer, at = (None, None) if mark is None else (mark.officer, mark.at)
    return {f"{name}_by": officer, **instant_columns(name, at)}


def _mark(row: RowMapping, name: str) -> Mark | None:
    officer, at = row[f"{name}_by"], _instant(row, name)
    return None if officer is None or at is None else Mark(officer, at)


def to_alert(row: RowMapping) -> Alert:
    """Return the alert in a row, with its adjudications if they are there."""
    return Alert(
        **{name: row[name] for name in _PLAIN},
        deployment_id=intern(row["deployment_id"]),
        camera_id=intern(row["camera_id"]),
        watchlist_id=intern(row["watchlist_id"]),
        subject_id=intern(row["subject_id"]),
        reference_id=intern(row["reference_id"]),
        sequence=row["sequence"],
        order_type=OrderType(row["order_type"]),
        captured=_certain_instant(row, "captured"),
        decided=_certain_instant(row, "decided"),
        published=_instant(row, "published"),
        heading=Heading(row["heading"]) if row["heading"] else None,
        candidates=tuple(Candidate.model_validate(c) for c in row["candidates"]),
        further_references=tuple(row["further_references"] or ()),
        kept_sightings=_kept(row["kept_sightings"]),
        acknowledged=_mark(row, "acknowledged"),
        claim=_mark(row, "claimed"),
        judgements=Judgements(*(_to_adjudication(row, capacity.value) for capacity in Capacity)),
    )


def _kept(sightings: list[int] | None) -> tuple[int, ...] | None:
    return None if sightings is None else tuple(sightings)


def to_adjudicated(row: RowMapping) -> tuple[Alert, Adjudication]:
    """Return an alert and one of its adjudications, of `select_adjudicated`."""
    adjudication = _to_adjudication(row, _NEW)
    if adjudication is None:
        raise ValueError("a row without an adjudication")
    return to_alert(row), adjudication


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
        "capacity": adjudication.capacity.value,
    }


def _to_adjudication(row: RowMapping, prefix: str) -> Adjudication | None:
    if row.get(f"{prefix}_number") is None:
        return None
    outcome = row[f"{prefix}_outcome"]
    return Adjudication(
        verdict=Verdict(row[f"{prefix}_verdict"]),
        confirmed=row[f"{prefix}_confirmed"],
        outcome=outcome and Outcome(outcome),
        officer=row[f"{prefix}_officer"],
        adjudicated=_certain_instant(row, f"{prefix}_adjudicated"),
        capacity=Capacity(row[f"{prefix}_capacity"]),
        number=row[f"{prefix}_number"],
    )
