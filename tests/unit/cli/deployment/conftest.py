"""A desk, the trust of a machine, and an alert that a test plays."""

import time
from pathlib import Path

import httpx
import pytest
from tests.support.order_desk import Desk, Service

from lethe.cli.deployment import authorising, erasing, looking
from lethe.cli.session.api import AlertApi
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import LocalTrust, load_local_trust


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    folder = tmp_path_factory.mktemp("trust")
    create_local_trust(folder, wall_us=time.time_ns() // 1000)
    return load_local_trust(folder)


@pytest.fixture(name="service")
def service_(trust: LocalTrust, monkeypatch: pytest.MonkeyPatch) -> Service:
    played = Service(trust)
    transport = httpx.MockTransport(played.answer)
    for module in (authorising, erasing, looking):
        monkeypatch.setattr(module, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    return played


@pytest.fixture(name="desk")
def desk_(tmp_path: Path, trust: LocalTrust) -> Desk:
    return Desk(tmp_path, trust)
