"""A watchlist book on a SQLite of its own, and what enrols its images."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.databases import a_term, new_database
from tests.support.enrolling_office import Office
from tests.support.watchlists import Records

from lethe.alert.watchlists.version import ListDetails
from lethe.shredding.trust import LocalTrust


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    """Give records with an empty list named `list`."""
    database = await new_database(tmp_path)
    records = Records(await a_term(database), tmp_path)
    await records.book.versions.register("list", ListDetails())
    yield records
    await database.close()


@pytest.fixture
async def office(trust: LocalTrust, tmp_path: Path) -> AsyncIterator[Office]:
    """Give alert's side of enrolment."""
    database = await new_database(tmp_path)
    office = Office(trust, await a_term(database), tmp_path)
    yield office
    await database.close()
    # A number that stayed reserved would keep its slot alive until the kernel ends the process.
    office.path.alert.release_all()
    assert office.path.alert.holds_nothing()
