"""What is counted in the alert log in SQL."""

from sqlalchemy import func, not_, select, true
from sqlalchemy.sql import ColumnElement

from lethe.alert.alert_tally import AlertTally
from lethe.alert.rows import is_false, is_rehearsal, select_alerts, select_fates
from lethe.alert.tables import alerts
from lethe.alert.term import Term


class SqlAlertCounts:
    """Counts alerts, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def false_alerts(self) -> dict[str, int]:
        """Return by deployment how many alerts are adjudicated as false, without rehearsals."""
        false = select_alerts().where(is_false(), not_(is_rehearsal())).subquery()
        counted = select(false.c.deployment_id, func.count()).group_by(false.c.deployment_id)
        async with self._term.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(counted)}

    async def tallies(self) -> dict[str, AlertTally]:
        """Return by deployment what became of its alerts."""
        counts: dict[str, dict[str, int]] = {}
        async with self._term.read() as connection:
            for deployment_id, fate, count in await connection.execute(select_fates()):
                counts.setdefault(deployment_id, {})[fate] = count
        return {name: AlertTally(**fates) for name, fates in counts.items()}

    async def count(self, deployments: frozenset[str] | None = None) -> int:
        """Return how many alerts there are."""
        async with self._term.read() as connection:
            statement = select(func.count()).select_from(alerts).where(within(deployments))
            return (await connection.execute(statement)).scalar_one()


def within(deployments: frozenset[str] | None) -> ColumnElement[bool]:
    """Return the condition that an alert is of some deployments, or of any."""
    return true() if deployments is None else alerts.c.deployment_id.in_(deployments)
