"""`lethe deploy` against an alert service that a test plays."""

import json
import os
import signal
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from lethe.cli.session import deploying
from lethe.cli.session.api import AlertApi
from lethe.cli.session.cameras import SourceOptions
from lethe.cli.session.deploying import DeployOptions, deploy
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import load_local_trust

URL = "http://alert:8080"


class FakeAlert:
    """Enrols what it gets and verifies the orders it is handed, as the service does."""

    def __init__(self, trust: Path) -> None:
        self.book = OrderBook(load_local_trust(trust).roster(), allow_local=True)
        self.heard: list[tuple[HeldOrder, list[dict[str, Any]]]] = []
        self.references: list[dict[str, Any]] = []
        self.state = "enrolled"
        self.on_order: Callable[[], None] = lambda: None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/deployments":
            return self._order(json.loads(request.content))
        if request.url.path.endswith("/subjects"):
            return httpx.Response(200, json={"subjects": [], "next": None})
        if request.url.path.endswith("/entries"):
            return self._entries(request)
        if request.method == "POST":
            return httpx.Response(201, json={})
        return httpx.Response(200, json={"references": self.references, "next": None})

    def _entries(self, request: httpx.Request) -> httpx.Response:
        entries = []
        for _ in range(request.content.count(b"application/octet-stream")):
            number = len(self.references) + 1
            reference = {"reference_id": f"r-{number}", "image_sha256": "ab" * 32}
            told = reference | {"subject_id": "s", "state": self.state, "change": number}
            self.references.append(told)
            entries.append({"subject_id": "s", "images": [told | {"state": "submitted"}]})
        return httpx.Response(200, json={"entries": entries})

    def _order(self, body: dict[str, Any]) -> httpx.Response:
        ordered = DeploymentOrdered.decode(b64decode(body["ordered"]))
        self.heard.append((self.book.hear(ordered, time.time_ns() // 1000), body["cameras"]))
        self.on_order()
        return httpx.Response(202, json={})


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    create_local_trust(folder, wall_us=time.time_ns() // 1000)
    return folder


SOURCES = ("/footage/hall.mp4", "rtsp://yard:554/live")


@pytest.fixture
def alert(trust: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAlert:
    played = FakeAlert(trust)
    transport = httpx.MockTransport(played.answer)
    monkeypatch.setattr(deploying, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    return played


@pytest.fixture
def options(tmp_path: Path, trust: Path) -> DeployOptions:
    people = tmp_path / "people"
    people.mkdir()
    assert cv2.imwrite(str(people / "Ann.jpg"), np.zeros((8, 8, 3), np.uint8))
    return DeployOptions(
        alert_url=URL,
        sources=SourceOptions(SOURCES, secret="gate"),
        watchlist=people,
        trust=trust,
        threshold=0.7,
        once=False,
        realtime=True,
        skip_bad=False,
        detach=True,
        seconds=None,
    )


def test_a_detached_order_stays_in_force(
    alert: FakeAlert, options: DeployOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(options)
    ((held, cameras),) = alert.heard
    assert held.status is OrderStatus.RUNNING
    assert (held.order.threshold, held.order.watchlist_size) == (0.7, 1)
    assert [camera["source"] for camera in cameras] == list(SOURCES)
    assert [camera["secret"] for camera in cameras] == [None, "gate"]
    assert [camera["withdrawn"] for camera in cameras] == [False, False]
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("enrolled 1 of 1 images")
    assert told[1].startswith(f"{held.order.deployment_id} is in force")


def test_without_detach_the_order_ends_after_the_seconds(
    alert: FakeAlert, options: DeployOptions
) -> None:
    deploy(replace(options, detach=False, seconds=0.01))
    (running, _), (ended, cameras) = alert.heard
    assert ended.order == running.order
    assert (running.status, ended.status) == (OrderStatus.RUNNING, OrderStatus.ENDED)
    assert all(camera["withdrawn"] for camera in cameras)


def test_a_signal_ends_the_order_even_while_it_is_handed_in(
    alert: FakeAlert, options: DeployOptions
) -> None:
    alert.on_order = lambda: os.kill(os.getpid(), signal.SIGTERM)
    before = signal.getsignal(signal.SIGTERM)
    try:
        deploy(replace(options, detach=False))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert [held.status for held, _ in alert.heard] == [OrderStatus.RUNNING, OrderStatus.ENDED]


def test_images_that_cannot_be_used_leave_no_order(
    alert: FakeAlert, options: DeployOptions
) -> None:
    alert.state = "rejected"
    with pytest.raises(InvalidInput, match="--skip-bad"):
        deploy(options)
    assert alert.heard == []


@pytest.mark.parametrize("url", ["", "alert:8080", "http://", "http://alert:port", "ftp://alert"])
def test_an_address_that_is_none_is_refused_before_anything_is_sent(
    options: DeployOptions, url: str
) -> None:
    with pytest.raises(InvalidInput, match="isn't an address"):
        deploy(replace(options, alert_url=url))


def test_a_roster_of_another_root_is_refused(options: DeployOptions) -> None:
    (options.trust / "root.pub").write_text("ab" * 32)
    with pytest.raises(InvalidInput, match="--trust"):
        deploy(options)


def test_a_trust_folder_without_a_roster_is_refused(options: DeployOptions) -> None:
    with pytest.raises(InvalidInput, match="no local roster"):
        deploy(replace(options, trust=options.watchlist))


def test_a_path_that_means_another_file_elsewhere_is_refused(options: DeployOptions) -> None:
    with pytest.raises(InvalidInput, match="as ingest sees it"):
        deploy(replace(options, sources=SourceOptions(("hall.mp4",))))


def test_live_cameras_keep_their_pace(options: DeployOptions) -> None:
    with pytest.raises(InvalidInput, match="camera-2 is live"):
        deploy(replace(options, realtime=False))
