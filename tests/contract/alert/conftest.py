"""A PostgreSQL for the contract tests of alert's adapters, and a fresh database for each."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.support.databases import a_term, open_database
from tests.support.memory_alert_log import MemoryAlertLog
from tools.postgres import Server, running_postgres

from lethe.alert.alert_log import AlertLog
from lethe.alert.database import Database
from lethe.alert.log import SqlAlertLog


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run one server for all tests of the session that ask for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """Give the address of an empty database."""
    return postgres.create_database(f"test_{secrets.token_hex(6)}")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Give an open database of each kind, empty."""
    opened = await open_database(request, request.param, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AlertLog]:
    """Give every kind of alert log, empty."""
    if request.param == "memory":
        yield MemoryAlertLog()
        return
    database = await open_database(request, request.param, tmp_path)
    yield SqlAlertLog(await a_term(database))
    await database.close()
