"""How many alerts of a deployment came to what, in SQL."""

from sqlalchemy import func, select

from lethe.alert.rows import is_adjudicated, select_alerts
from lethe.alert.tables import alerts
from lethe.alert.term import Term
from lethe.contracts.adjudication import Verdict


class SqlTallies:
    """Implements `Tallies`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def raised(self, deployment_id: str) -> int:
        """Return how many alerts a deployment had."""
        counted = select(func.count()).where(alerts.c.deployment_id == deployment_id)
        async with self._term.read() as connection:
            return (await connection.execute(counted)).scalar_one()

    async def verdicts(self, deployment_id: str) -> dict[Verdict, int]:
        """Return how many of them were adjudicated as what, by the decision that counts."""
        of_it = select_alerts().where(alerts.c.deployment_id == deployment_id)
        found = {}
        async with self._term.read() as connection:
            for verdict in Verdict:
                those = of_it.where(is_adjudicated(verdict)).subquery()
                counted = await connection.execute(select(func.count()).select_from(those))
                found[verdict] = counted.scalar_one()
        return found
