"""A watchlist book on a SQLite of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.databases import a_term, new_database
from tests.support.watchlists import Records

from lethe.alert.watchlists.version import ListDetails


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    """Give records with an empty list named `list`."""
    database = await new_database(tmp_path)
    records = Records(await a_term(database), tmp_path)
    await records.book.versions.register("list", ListDetails())
    yield records
    await database.close()
