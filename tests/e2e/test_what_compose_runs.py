"""What docker-compose.yml describes, run as processes: its settings, secrets, order and checks.

PostgreSQL is a real server, Kafka is the chosen broker, Qdrant is match's local mode, and the
sample cameras are read over the network.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import psutil
import pytest
from tests.support.chosen_broker import OnBroker
from tests.support.tokens import bearer
from tools.running import PATIENCE_S, account, wait_until
from websockets.sync.client import connect

from lethe.alert.identity.principal import Role
from lethe.cli.home import find_home
from lethe.cli.identity.minting import Grant, LocalTokens

LISTED = {"astronaut", "person-3"}


class RunningComposition:
    """A started `python -m tools.compose`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.urls: dict[str, str] = {}
        self.token = LocalTokens(Grant("the test", tuple(Role)), find_home().trust)
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("ready"):
                return
            name, _, url = line.strip().partition(" ")
            self.urls[name] = url
        raise AssertionError(f"it ended: {process.stderr and process.stderr.read()}")

    def child(self, command: str) -> psutil.Process:
        """Return the child whose command line holds these words."""
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.Error):
                if command in " ".join(child.cmdline()):
                    return child
        raise AssertionError(f"no child runs {command}")

    def account(self) -> dict[str, Any]:
        """Return purge's account."""
        return account(self.urls["purge"])

    def ask(self, path: str) -> httpx.Response:
        """Return alert's answer to a GET."""
        url = f"{self.urls['alert']}{path}"
        return httpx.get(url, headers=bearer(self.token()), timeout=PATIENCE_S)

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts so far; none while alert is being started again."""
        try:
            answer = self.ask("/api/v1/alerts?limit=1000").raise_for_status()
        except httpx.HTTPError:
            return []
        found: list[dict[str, Any]] = answer.json()["alerts"]
        return found


def ports_reached(process: psutil.Process) -> set[int]:
    """Return the ports of others that a process has connections to."""
    return {link.raddr.port for link in process.net_connections("tcp") if link.raddr}


@contextmanager
def running_composition(*options: str) -> Iterator[RunningComposition]:
    """Run the composition with its demonstration on free ports; end it as Ctrl-C does."""
    command = [sys.executable, "-m", "tools.compose", "--profile", "demonstration", "--port", "0"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield RunningComposition(process)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate()
            assert (process.returncode, told) == (0, "")
        finally:
            # In order also after a failure: a killed one leaves its database's folder.
            if process.poll() is None:
                process.terminate()
                process.communicate()


@pytest.fixture(scope="module")
def composition(on_broker: OnBroker) -> Iterator[RunningComposition]:
    with running_composition(*on_broker()) as running:
        wait_until(lambda: {alert["subject"] for alert in running.alerts()} == LISTED, within_s=240)
        yield running


def test_alerts_come_over_the_websocket_from_cameras_of_the_network(
    composition: RunningComposition,
) -> None:
    address = composition.urls["alert"].replace("http", "ws") + "/api/v1/alerts/stream"
    with connect(address, proxy=None) as socket:
        socket.send(json.dumps({"after": 0, "token": composition.token()}))
        wait_until(lambda: '"type":"alert"' in str(socket.recv()).replace(" ", ""))
    camera = composition.child("lethe.cli camera serve")
    served = int(camera.environ()["LETHE_HTTP_PORT"])
    # One that falls silent for a moment is connected to again.
    wait_until(lambda: served in ports_reached(composition.child("lethe.ingest")))


def test_the_alerts_are_in_postgresql_and_their_pictures_outlive_a_crash_of_alert(
    composition: RunningComposition,
) -> None:
    before = {alert["alert_id"] for alert in composition.alerts()}
    database = composition.child("lethe.alert").environ()["LETHE_DATABASE_URL"]
    assert database.startswith("postgresql+asyncpg://lethe@127.0.0.1:")
    composition.child("lethe.alert").kill()
    wait_until(lambda: before <= {alert["alert_id"] for alert in composition.alerts()})
    for alert_id in before:
        for shown in ("probe", "figure"):
            picture = composition.ask(f"/api/v1/alerts/{alert_id}/{shown}")
            assert picture.content.startswith(b"\xff\xd8\xff")


def test_each_service_has_its_own_secrets_and_no_password_in_its_environment(
    composition: RunningComposition,
) -> None:
    for service in ("purge", "ingest", "detect", "match", "alert"):
        environment = composition.child(f"lethe.{service}").environ()
        keys = [name for name in os.listdir(environment["LETHE_SECRETS_DIR"]) if ".key" in name]  # noqa: PTH208
        own = {f"{service}.key"} | ({"receipts.key"} if service == "purge" else set())
        assert set(keys) == own
        assert "LETHE_DATABASE_PASSWORD" not in environment


def test_when_the_order_ends_nothing_is_left_unerased(composition: RunningComposition) -> None:
    composition.child("lethe.cli deploy").terminate()
    wait_until(lambda: (told := composition.account())["settled"] and not told["copies"]["open"])
    told = composition.account()
    assert told["unerased"] == 0
    assert told["frames"]["processed"] > 0
    assert told["erasure_age_ms"]["max"] < 1000
