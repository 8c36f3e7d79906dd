"""Alerts about volunteers in SQL."""

from sqlalchemy import update

from lethe.alert.audit import of_walks
from lethe.alert.rows import is_rehearsal, select_alerts, to_alert
from lethe.alert.tables import alerts
from lethe.alert.term import Term
from lethe.alert.walks.walk import Rehearsed


class SqlRehearsals:
    """Implements `Rehearsals`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def since(self, deployment_id: str, wall_us: int) -> list[Rehearsed]:
        """Return those of a deployment that were captured since then, in rising sequence."""
        chosen = select_alerts().where(
            alerts.c.deployment_id == deployment_id,
            alerts.c.captured_wall_us >= wall_us,
            is_rehearsal(),
        )
        async with self._term.read() as connection:
            rows = (await connection.execute(chosen.order_by(alerts.c.sequence))).mappings()
            return [Rehearsed(to_alert(row), bool(row["receipted"])) for row in rows]

    async def end(self, deployment_id: str, wall_us: int) -> None:
        """Let the retention of those of a deployment that aren't erased end then."""
        statement = (
            update(alerts)
            .where(
                alerts.c.deployment_id == deployment_id,
                alerts.c.erased_wall_us.is_(None),
                alerts.c.erase_at_wall_us > wall_us,
                is_rehearsal(),
            )
            .values(erase_at_wall_us=wall_us)
        )
        await self._term.change(statement, of_walks.rehearsals_ended(deployment_id))
