"""The alert log in SQL."""

from collections.abc import Mapping

from sqlalchemy import case, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import ColumnElement

from lethe.alert.alert_counts import within
from lethe.alert.alerts import Alert
from lethe.alert.announcements import SqlAnnouncements
from lethe.alert.audit import of_alerts
from lethe.alert.judgements import Adjudication
from lethe.alert.rows import (
    adjudication_row,
    handling_columns,
    instant_columns,
    is_false,
    is_open,
    select_alerts,
    to_alert,
    to_row,
)
from lethe.alert.sightings import with_another
from lethe.alert.tables import adjudications, alerts, pictures, searches
from lethe.alert.vault import SealedBlob
from lethe.contracts.headings import Heading


class SqlAlertLog(SqlAnnouncements):
    """Implements `AlertLog`, in one term of leadership."""

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

    async def append(
        self,
        alert: Alert,
        search_id: str,
        picture: SealedBlob | None,
        *,
        figure: SealedBlob | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        """Append an alert with its search and its pictures; return it with its sequence."""
        async with self._term.write(of_alerts.raised(alert)) as connection:
            statement = insert(alerts).values(to_row(alert)).returning(*alerts.c)
            row = (await connection.execute(statement)).mappings().one()
            await _add_search(connection, search_id, row["sequence"], transit_key_id)
            if picture is not None:
                await connection.execute(
                    insert(pictures).values(
                        alert_id=alert.alert_id,
                        nonce=picture.nonce,
                        ciphertext=picture.ciphertext,
                        figure_nonce=figure and figure.nonce,
                        figure_ciphertext=figure and figure.ciphertext,
                    )
                )
        return to_alert(row)

    async def attach(
        self,
        alert: Alert,
        search_id: str,
        captured_wall_us: int,
        *,
        heading: Heading | None = None,
        transit_key_id: str | None = None,
    ) -> Alert:
        """Count one more search for an alert; return it as it is afterwards."""
        seen = alerts.c.last_sighting_wall_us
        is_latest = seen < captured_wall_us
        latest = case((is_latest, captured_wall_us), else_=seen)
        known = alerts.c.heading
        going = known if heading is None else case((is_latest, heading.value), else_=known)
        async with self._term.write(of_alerts.sighted(alert)) as connection:
            await _add_search(connection, search_id, alert.sequence, transit_key_id)
            seen_again: dict[str, object] = {
                "sightings": alerts.c.sightings + 1,
                "last_sighting_wall_us": latest,
                "heading": going,
            }
            if alert.kept_sightings is not None:
                # As they are now: it may be erased since it was read.
                kept = (await _the(connection, alert)).kept_sightings
                seen_again["kept_sightings"] = kept and with_another(kept, captured_wall_us)
            await _update(connection, alert, seen_again)
            return await _the(connection, alert)

    async def adjudicate(self, alert: Alert, adjudication: Adjudication) -> Alert:
        """Add an adjudication; return the alert as it is afterwards."""
        deed = of_alerts.adjudicated(alert, adjudication)
        async with self._term.write(deed) as connection:
            await connection.execute(
                insert(adjudications).values(adjudication_row(alert, adjudication))
            )
            await _update(connection, alert, {"version": alerts.c.version + 1})
            return await _the(connection, alert)

    async def mark_handled(self, alert: Alert) -> None:
        """Record the alert's `acknowledged`, `claim` and `version`."""
        async with self._term.write(of_alerts.handled(alert)) as connection:
            await _update(connection, alert, handling_columns(alert))

    async def mark_released(self, alert: Alert) -> None:
        """Record that nobody is going, and the alert's `version`."""
        async with self._term.write(of_alerts.released(alert)) as connection:
            await _update(connection, alert, handling_columns(alert))

    async def transit_key_ids(self, alert_id: str) -> set[str]:
        """Return the ids of the keys under which match sent what led to an alert."""
        statement = (
            select(searches.c.transit_key_id)
            .join(alerts, alerts.c.sequence == searches.c.alert_sequence)
            .where(alerts.c.alert_id == alert_id, searches.c.transit_key_id.is_not(None))
        )
        async with self._term.read() as connection:
            return {str(name) for name in (await connection.execute(statement)).scalars()}

    async def mark_published(self, alert: Alert) -> None:
        """Record the alert's `published`: from now on it is to be announced."""
        published = instant_columns("published", alert.published)
        async with self._term.write(of_alerts.announced(alert)) as connection:
            await _update(connection, alert, {**published, "to_announce": True})

    async def take_back(self, alert: Alert) -> None:
        """Delete an alert that nobody was to see, with its searches and its sealed pictures."""
        async with self._term.write(of_alerts.taken_back(alert)) as connection:
            for of_it in (
                delete(searches).where(searches.c.alert_sequence == alert.sequence),
                delete(pictures).where(pictures.c.alert_id == alert.alert_id),
                delete(alerts).where(alerts.c.sequence == alert.sequence),
            ):
                await connection.execute(of_it)

    async def mark_erased(self, erased: list[Alert], erased_wall_us: int) -> None:
        """Record that alerts are erased, and delete their sealed pictures."""
        ids = [alert.alert_id for alert in erased]
        gone = [alert.erased_at(erased_wall_us) for alert in erased]
        async with self._term.write(*of_alerts.erased(gone)) as connection:
            await connection.execute(delete(pictures).where(pictures.c.alert_id.in_(ids)))
            await connection.execute(
                update(alerts)
                .where(alerts.c.alert_id.in_(ids))
                .values(erased_wall_us=erased_wall_us, heading=None, kept_sightings=None)
            )

    async def drop_left_over_sightings(self) -> None:
        """Remove those of erased alerts: an alert of before there were any leaves them there."""
        left_over = (alerts.c.erased_wall_us.is_not(None), alerts.c.kept_sightings.is_not(None))
        async with self._term.write() as connection:
            await connection.execute(update(alerts).where(*left_over).values(kept_sightings=None))

    async def unreceipted(self, limit: int) -> list[Alert]:
        """Return erased alerts of whose erasure no receipt is known yet, the oldest first."""
        statement = (
            select_alerts()
            .where(alerts.c.receipted.is_(False), alerts.c.erased_wall_us.is_not(None))
            .order_by(alerts.c.sequence)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [to_alert(row) for row in (await connection.execute(statement)).mappings()]

    async def mark_receipted(self, alert_ids: set[str]) -> None:
        """Record that there is a receipt of their erasure."""
        async with self._term.write() as connection:
            await connection.execute(
                update(alerts).where(alerts.c.alert_id.in_(alert_ids)).values(receipted=True)
            )

    async def after(
        self, sequence: int, limit: int, deployments: frozenset[str] | None = None
    ) -> list[Alert]:
        """Return alerts after a sequence, in rising sequence."""
        statement = select_alerts().where(alerts.c.sequence > sequence, within(deployments))
        async with self._term.read() as connection:
            rows = await connection.execute(statement.order_by(alerts.c.sequence).limit(limit))
            return [to_alert(row) for row in rows.mappings()]

    async def newest(
        self,
        limit: int,
        *,
        before: int | None = None,
        deployments: frozenset[str] | None = None,
        open_only: bool = False,
    ) -> list[Alert]:
        """Return the newest alerts, or the newest before a sequence, in rising sequence."""
        statement = select_alerts().where(within(deployments))
        if before is not None:
            statement = statement.where(alerts.c.sequence < before)
        if open_only:
            statement = statement.where(is_open())
        newest_first = statement.order_by(alerts.c.sequence.desc()).limit(limit)
        async with self._term.read() as connection:
            rows = await connection.execute(newest_first)
            return [to_alert(row) for row in rows.mappings()][::-1]

    async def picture(self, alert_id: str) -> SealedBlob | None:
        """Return an alert's sealed picture of the face."""
        return await self._picture(alert_id, pictures.c.nonce, pictures.c.ciphertext)

    async def figure(self, alert_id: str) -> SealedBlob | None:
        """Return an alert's sealed picture of the upper body."""
        columns = pictures.c.figure_nonce, pictures.c.figure_ciphertext
        return await self._picture(alert_id, *columns)

    async def due(self, wall_us: int, limit: int) -> list[Alert]:
        """Return unerased alerts whose retention ended by then, or which are false alerts."""
        is_over = alerts.c.erase_at_wall_us <= wall_us
        statement = (
            select_alerts()
            .where(alerts.c.erased_wall_us.is_(None), or_(is_over, is_false()))
            .order_by(alerts.c.sequence)
            .limit(limit)
        )
        async with self._term.read() as connection:
            return [to_alert(row) for row in (await connection.execute(statement)).mappings()]

    async def pictured_ids(self) -> set[str]:
        """Return the alert ids whose sealed picture is kept."""
        async with self._term.read() as connection:
            return set((await connection.execute(select(pictures.c.alert_id))).scalars())

    async def unerased_ids(self) -> set[str]:
        """Return the alert ids that still have a right to their key."""
        statement = select(alerts.c.alert_id).where(alerts.c.erased_wall_us.is_(None))
        async with self._term.write() as connection:
            return set((await connection.execute(statement)).scalars())

    async def _picture(
        self, alert_id: str, nonce: ColumnElement[bytes], ciphertext: ColumnElement[bytes]
    ) -> SealedBlob | None:
        statement = select(nonce, ciphertext).where(pictures.c.alert_id == alert_id)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None or row[0] is None else SealedBlob(row[0], row[1])

    async def _one(self, condition: ColumnElement[bool]) -> Alert | None:
        statement = select_alerts().where(condition).order_by(alerts.c.sequence.desc()).limit(1)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else to_alert(row)


async def _add_search(
    connection: AsyncConnection, search_id: str, sequence: int, transit_key_id: str | None
) -> None:
    await connection.execute(
        insert(searches).values(
            search_id=search_id, alert_sequence=sequence, transit_key_id=transit_key_id
        )
    )


async def _update(connection: AsyncConnection, alert: Alert, values: Mapping[str, object]) -> None:
    statement = update(alerts).where(alerts.c.sequence == alert.sequence).values(values)
    await connection.execute(statement)


async def _the(connection: AsyncConnection, alert: Alert) -> Alert:
    """Return an alert as it is within a transaction."""
    statement = select_alerts().where(alerts.c.sequence == alert.sequence)
    return to_alert((await connection.execute(statement)).mappings().one())
