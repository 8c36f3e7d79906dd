"""Alert's web side on a database of its own, and a client who may do everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    """Serve without a port."""
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture
async def client(web: AlertWeb) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client with a token of every role."""
    async with web.client() as client:
        yield client
