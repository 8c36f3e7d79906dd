"""Alerts from before the measurement, as many as the stream keeps: what a long day left behind."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert
from tests.support.alert_drafts import draft
from tests.support.brokers import now

from lethe.alert.database import Database, sqlite_url
from lethe.alert.rows import to_row
from lethe.alert.tables import alerts

KEPT = 20_000
"""As many as alert's stream keeps."""
_DEPLOYMENT = "deployment-before"
_DAY_US = 24 * 3_600_000_000


async def leave_alerts(file: Path) -> None:
    """Make alert's database with alerts that are open, and of no deployment that is measured."""
    file.parent.mkdir(parents=True, mode=0o700)
    database = await Database.open(sqlite_url(file))
    at = now()
    rows = [
        to_row(
            replace(
                draft(f"before-{number}", erase_at_wall_us=at.wall_us + _DAY_US),
                deployment_id=_DEPLOYMENT,
                captured=at,
                decided=at,
                published=at,
            )
        )
        for number in range(KEPT)
    ]
    async with database.begin() as connection:
        await connection.execute(insert(alerts), rows)
    await database.close()
