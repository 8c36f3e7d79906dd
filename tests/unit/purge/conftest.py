"""A roster with its keys, made once, a purge that writes receipts, and one that reigns."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.forgetting import local_trust
from tests.support.receipting_desk import Desk
from tests.support.reigning import Purge

from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="desk")
def desk_(trust: LocalTrust, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(trust, tmp_path / "receipts")
    yield desk
    desk.receipting._threads.close()


@pytest.fixture(name="purge")
def purge_(trust: LocalTrust) -> Purge:
    return Purge(trust)
