"""Alert's web side on a database of its own, a client who may do everything, and a roster."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import AlertWeb, alert_web
from tests.support.forgetting import local_trust

from lethe.shredding.trust import LocalTrust


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


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    """Give a roster with its keys, made once."""
    return local_trust(tmp_path_factory.mktemp("trust"))
