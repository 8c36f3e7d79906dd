"""A Qdrant server, for the tests that need one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.qdrant_server import QdrantServer, running_qdrant


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[QdrantServer]:
    async with running_qdrant(tmp_path) as running:
        yield running
