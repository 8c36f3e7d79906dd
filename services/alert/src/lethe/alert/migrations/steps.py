"""The steps between two versions, taken by alembic."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

# Several instances may start at once.
_ONE_AT_A_TIME = {
    "postgresql": text("SELECT pg_advisory_xact_lock(hashtext('lethe.alert.migrations'))"),
    "sqlite": text("BEGIN IMMEDIATE"),
}


def take_steps(connection: Connection, folder: Path) -> None:
    """Bring the tables to the newest version in `folder`, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    scripts = ScriptDirectory.from_config(config)
    if connection.dialect.name in _ONE_AT_A_TIME:
        connection.execute(_ONE_AT_A_TIME[connection.dialect.name])
    with EnvironmentContext(
        config,
        scripts,
        fn=lambda revision, _: scripts._upgrade_revs("head", revision),  # noqa: SLF001
    ) as environment:
        environment.configure(connection=connection)
        with environment.begin_transaction():
            environment.run_migrations()
