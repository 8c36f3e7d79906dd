"""The alert log in SQL."""

from sqlalchemy import RowMapping, case, delete, func, insert, select, update
from sqlalchemy.sql import ColumnElement

from lethe.alert.alerts import Alert
from lethe.alert.tables import alerts, pictures, searches
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.contracts.instants import Instant
from lethe.contracts.live import Candidate
from lethe.contracts.orders import OrderType


class SqlAlertLog:
    """Implements `AlertLog`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def of_search(self, search_id: str) -> Alert | None:
        """Return the alert that a search led to."""
        joined = select(searches.c.alert_sequence).where(searches.c.search_id == search_id)
        return await self._one(alerts.c.sequence == joined.scalar_subquery())

    async def latest(self, deployment_id: str, camera_id: str, subject_id: str) -> Alert | None:
        """Return the newest alert of a subject on a camera."""
        return await self._one(
            (alerts.c.deployment_id == deployment_id)
            & (alerts.c.camera_id == camera_id)
            & (alerts.c.subject_id == subject_id)
        )

    async def find(self, alert_id: str) -> Alert | None:
        """Return one alert."""
        return await self._one(alerts.c.alert_id == alert_id)

    async def append(self, alert: Alert, search_id: str, picture: SealedBlob | None) -> Alert:
        """Append an alert with its search and its picture; return it with its sequence."""
        async with self._term.write() as connection:
            statement = insert(alerts).values(_to_row(alert)).returning(*alerts.c)
            row = (await connection.execute(statement)).mappings().one()
            await connection.execute(
                insert(searches).values(search_id=search_id, alert_sequence=row["sequence"])
            )
            if picture is not None:
                await connection.execute(
                    insert(pictures).values(
                        alert_id=alert.alert_id,
                        nonce=picture.nonce,
                        ciphertext=picture.ciphertext,
                    )
                )
        return _to_alert(row)

    async def attach(self, alert: Alert, search_id: str, captured_wall_us: int) -> Alert:
        """Count one more search for an alert; return it as it is afterwards."""
        seen = alerts.c.last_sighting_wall_us
        latest = case((seen < captured_wall_us, captured_wall_us), else_=seen)
        async with self._term.write() as connection:
            await connection.execute(
                insert(searches).values(search_id=search_id, alert_sequence=alert.sequence)
            )
            statement = (
                update(alerts)
                .where(alerts.c.sequence == alert.sequence)
                .values(sightings=alerts.c.sightings + 1, last_sighting_wall_us=latest)
                .returning(*alerts.c)
            )
            return _to_alert((await connection.execute(statement)).mappings().one())

    async def mark_published(self, alert: Alert) -> None:
        """Record the alert's `published`."""
        async with self._term.write() as connection:
            await connection.execute(
                update(alerts)
                .where(alerts.c.sequence == alert.sequence)
                .values(_instant_columns("published", alert.published))
            )

    async def mark_erased(self, erased: list[Alert], erased_wall_us: int) -> None:
        """Record that alerts are erased, and delete their sealed pictures."""
        ids = [alert.alert_id for alert in erased]
        async with self._term.write() as connection:
            await connection.execute(delete(pictures).where(pictures.c.alert_id.in_(ids)))
            await connection.execute(
                update(alerts)
                .where(alerts.c.alert_id.in_(ids))
                .values(erased_wall_us=erased_wall_us)
            )

    async def after(self, sequence: int, limit: int) -> list[Alert]:
        """Return alerts after a sequence, in rising sequence."""
        statement = select(alerts).where(alerts.c.sequence > sequence)
        async with self._term.read() as connection:
            rows = await connection.execute(statement.order_by(alerts.c.sequence).limit(limit))
            return [_to_alert(row) for row in rows.mappings()]

    async def newest(self, limit: int) -> list[Alert]:
        """Return the newest alerts, in rising sequence."""
        statement = select(alerts).order_by(alerts.c.sequence.desc()).limit(limit)
        async with self._term.read() as connection:
            rows = await connection.execute(statement)
            return [_to_alert(row) for row in rows.mappings()][::-1]

    async def picture(self, alert_id: str) -> SealedBlob | None:
        """Return an alert's sealed picture."""
        statement = select(pictures).where(pictures.c.alert_id == alert_id)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else SealedBlob(row["nonce"], row["ciphertext"])

    async def due(self, wall_us: int, limit: int) -> list[Alert]:
        """Return unerased alerts whose retention ended by then."""
        statement = (
            select(alerts)
            .where(alerts.c.erased_wall_us.is_(None), alerts.c.erase_at_wall_us <= wall_us)
            .order_by(alerts.c.sequence)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [_to_alert(row) for row in (await connection.execute(statement)).mappings()]

    async def pictured_ids(self) -> set[str]:
        """Return the alert ids whose sealed picture is kept."""
        async with self._term.read() as connection:
            return set((await connection.execute(select(pictures.c.alert_id))).scalars())

    async def unerased_ids(self) -> set[str]:
        """Return the alert ids that still have a right to their key."""
        statement = select(alerts.c.alert_id).where(alerts.c.erased_wall_us.is_(None))
        async with self._term.write() as connection:
            return set((await connection.execute(statement)).scalars())

    async def count(self) -> int:
        """Return how many alerts there are."""
        async with self._term.read() as connection:
            statement = select(func.count()).select_from(alerts)
            return (await connection.execute(statement)).scalar_one()

    async def _one(self, condition: ColumnElement[bool]) -> Alert | None:
        statement = select(alerts).where(condition).order_by(alerts.c.sequence.desc()).limit(1)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else _to_alert(row)


def _instant_columns(name: str, instant: Instant | None) -> dict[str, object]:
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
        raise ValueError(f"an alert without the instant {name}")
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


def _to_row(alert: Alert) -> dict[str, object]:
    """Return an alert's columns but for its sequence, which the database gives."""
    return {
        **{name: getattr(alert, name) for name in _PLAIN},
        **_instant_columns("captured", alert.captured),
        **_instant_columns("decided", alert.decided),
        **_instant_columns("published", alert.published),
        "order_type": alert.order_type.value,
        "candidates": [candidate.model_dump() for candidate in alert.candidates],
    }


def _to_alert(row: RowMapping) -> Alert:
    return Alert(
        **{name: row[name] for name in _PLAIN},
        sequence=row["sequence"],
        order_type=OrderType(row["order_type"]),
        captured=_certain_instant(row, "captured"),
        decided=_certain_instant(row, "decided"),
        published=_instant(row, "published"),
        candidates=tuple(Candidate.model_validate(c) for c in row["candidates"]),
        erased=row["erased_wall_us"] is not None,
    )
