"""Dip samples in SQL."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import watchlist_checks, watchlist_samples
from lethe.alert.term import Term
from lethe.alert.watchlists.sample import Check, Drawn


class SqlSampleStore:
    """Implements `SampleStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def drawn(self, watchlist_id: str) -> list[Drawn]:
        """Return all that was ever drawn of a version, in the order in which it was."""
        known = watchlist_samples.c
        statement = select(*(each for each in known if each.name != "number"))
        chosen = statement.where(known.watchlist_id == watchlist_id).order_by(known.number)
        async with self._term.read() as connection:
            return [Drawn(**row) for row in (await connection.execute(chosen)).mappings()]

    async def draw(self, drawn: Sequence[Drawn]) -> None:
        """Keep what was drawn."""
        rows = [asdict(each) for each in drawn]
        async with self._term.write(*of_watchlists.sample_drawn(drawn)) as connection:
            await connection.execute(insert(watchlist_samples), rows)

    async def checks(self, watchlist_id: str) -> list[Check]:
        """Return all checks of a version, in the order in which they were made."""
        known = watchlist_checks.c
        statement = select(*(each for each in known if each.name != "number"))
        chosen = statement.where(known.watchlist_id == watchlist_id).order_by(known.number)
        async with self._term.read() as connection:
            return [Check(**row) for row in (await connection.execute(chosen)).mappings()]

    async def check(self, check: Check) -> None:
        """Keep a check."""
        async with self._term.write(of_watchlists.subject_checked(check)) as connection:
            await connection.execute(insert(watchlist_checks).values(**asdict(check)))
