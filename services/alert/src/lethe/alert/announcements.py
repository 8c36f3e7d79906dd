"""What systems outside are still to be told, as the alert log in SQL has it."""

from collections.abc import Collection

from sqlalchemy import select, update

from lethe.alert.alert_counts import SqlAlertCounts
from lethe.alert.alerts import Alert
from lethe.alert.audit import of_alerts
from lethe.alert.judgements import Adjudication
from lethe.alert.rows import select_adjudicated, select_alerts, to_adjudicated, to_alert
from lethe.alert.tables import adjudications, alerts, leadership


class SqlAnnouncements(SqlAlertCounts):
    """Two queues in the database, in one term of leadership: whoever leads next goes on there."""

    async def unannounced_alerts(self, limit: int) -> list[Alert]:
        """Return the published alerts that aren't announced, in rising sequence."""
        waiting = select_alerts().where(alerts.c.to_announce.is_(True))
        async with self._term.read() as connection:
            rows = await connection.execute(waiting.order_by(alerts.c.sequence).limit(limit))
            return [to_alert(row) for row in rows.mappings()]

    async def still_to_announce(self, alert_id: str) -> Alert | None:
        """Return an alert that isn't announced; None too where another instance has taken over."""
        is_leading = select(leadership.c.term).scalar_subquery() == self._term.number
        waits = alerts.c.to_announce.is_(True)
        async with self._term.read() as connection:
            statement = select_alerts().where(alerts.c.alert_id == alert_id, waits, is_leading)
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else to_alert(row)

    async def end_announcing(self, alert_ids: Collection[str]) -> None:
        """Record that nothing is left to announce of alerts."""
        ended = update(alerts).where(alerts.c.alert_id.in_(alert_ids)).values(to_announce=False)
        # That they were told is in the audit log since their publication.
        async with self._term.write() as connection:
            await connection.execute(ended)

    async def unannounced(self, limit: int) -> list[tuple[Alert, Adjudication]]:
        """Return the adjudications that aren't announced, in their order, with their alerts."""
        number = adjudications.c.number
        waiting = select_adjudicated().where(adjudications.c.announced.is_(False))
        async with self._term.read() as connection:
            rows = await connection.execute(waiting.order_by(number).limit(limit))
            return [to_adjudicated(row) for row in rows.mappings()]

    async def mark_announced(self, alert: Alert, adjudication: Adjudication) -> None:
        """Record that an adjudication is announced."""
        async with self._term.write(of_alerts.announced(alert)) as connection:
            await connection.execute(
                update(adjudications)
                .where(adjudications.c.number == adjudication.number)
                .values(announced=True)
            )
