"""The way of alert's database from one version to the next; `upgrade` goes it."""

from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

_FOLDER = Path(__file__).parent
_VERSION = select(column("version_num", String())).select_from(table("alembic_version"))


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version, all in the connection's transaction.

    Tables that were made before there were versions are taken over as they are.
    """
    if _version(connection) == newest_version():
        return
    # Loading alembic takes long: an alert that is started again does without it.
    from lethe.alert.migrations.steps import take_steps  # noqa: PLC0415

    take_steps(connection, _FOLDER)


def newest_version() -> str:
    """Return the number of the newest version, as the files of `versions` have it."""
    return max(file.name[1:5] for file in (_FOLDER / "versions").glob("v*_*.py"))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_VERSION).scalar_one_or_none()
