"""Counts that contradict each other suspend the demonstration, whoever leads; an officer resumes.

What contradicts is forged: the counting topics aren't signed, so that whoever can write to them
can stop a deployment, and never lengthen a key's life.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from tests.support.chosen_broker import OnBroker
from tools.running import RunningLethe, account, running_lethe, wait_until

from lethe.contracts.live import FrameOutcome, FrameProcessed
from lethe.contracts.topics import FRAME_PROCESSED
from lethe.receipts.entries import SlotGranted
from lethe.receipts.parsing import parse_entry
from lethe.shredding.clock import SystemClock, instant

pytestmark = pytest.mark.alone

_FRAMES = 24
_UNUSED = 47
"""No camera seals so many frames in one slot."""


@pytest.fixture(scope="module")
def lethe(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> Iterator[RunningLethe]:
    folder: Path = tmp_path_factory.mktemp("suspension")
    with running_lethe(folder, "demo", "--standby", *on_broker()) as lethe:
        wait_until(lambda: _captured(lethe)[1] > 0)
        yield lethe


def leader(lethe: RunningLethe) -> tuple[psutil.Process, dict[str, Any]]:
    """Return the purge that leads, and its account."""
    found: list[tuple[psutil.Process, dict[str, Any]]] = []

    def look() -> bool:
        for name, child in lethe.children().items():
            if name.startswith("purge-"):
                with suppress(httpx.HTTPError, psutil.Error, KeyError):
                    port = child.environ()["LETHE_HTTP_PORT"]
                    told = account(f"http://127.0.0.1:{port}")
                    if told["leader"]:
                        found.append((child, told))
        return bool(found)

    wait_until(look)
    return found[-1]


def _captured(lethe: RunningLethe) -> tuple[int, int]:
    """Return which purge leads, and how many frames it counted as captured."""
    process, told = leader(lethe)
    return process.pid, int(told["frames"]["captured"])


def without_key(lethe: RunningLethe) -> int:
    cameras = leader(lethe)[1]["cameras"].values()
    return sum(camera["dropped"].get("no_key", 0) for camera in cameras)


def _has_ended(told: dict[str, Any]) -> bool:
    """Tell whether every frame and every granted key has come to its end, as purge knows."""
    return bool(told["settled"]) and told["copies"]["open"] == 0


def check_nothing_is_captured(lethe: RunningLethe) -> None:
    """Wait until cameras have no keys; check that of their next frames none is captured.

    The counts of the last slots come when these are over, one after another.
    """
    wait_until(lambda: _has_ended(leader(lethe)[1]))
    begun = without_key(lethe)
    wait_until(lambda: without_key(lethe) >= begun + _FRAMES)
    before, begun = _captured(lethe), without_key(lethe)
    wait_until(lambda: without_key(lethe) >= begun + _FRAMES)
    after = _captured(lethe)
    if after[0] != before[0]:
        # Another purge leads, with counts of its own.
        check_nothing_is_captured(lethe)
        return
    assert after == before


def deployment(lethe: RunningLethe) -> dict[str, Any]:
    [found] = lethe.ask("/api/v1/status").json()["deployments"]
    return dict(found)


def granted_slot(lethe: RunningLethe) -> str:
    """Return the newest slot with a camera's keys that receipts tell of."""
    lines = [
        line.rstrip(b"\n")
        for path in sorted(lethe.data.glob("purge-*/receipts/*"))
        if path.is_file()
        for line in path.read_bytes().splitlines(keepends=True)
        # One that is being written has no end yet.
        if line.startswith(b"{") and line.endswith(b"\n")
    ]
    granted = [e for e in map(parse_entry, lines) if isinstance(e, SlotGranted) and e.deployment]
    return max(granted, key=lambda entry: entry.at_ms).slot


async def forge(lethe: RunningLethe, deployment_id: str) -> None:
    """Publish the count of a frame that no camera captured to its topic's newest generation."""
    broker = lethe.broker()
    consumer = AIOKafkaConsumer(bootstrap_servers=broker)
    await consumer.start()
    names = [name for name in await consumer.topics() if name.startswith(FRAME_PROCESSED.name)]
    await consumer.stop()
    live = [name for name in names if not name.endswith(".dlq")]
    producer = AIOKafkaProducer(bootstrap_servers=broker, enable_idempotence=False)
    await producer.start()
    at = instant(SystemClock())
    forged = FrameProcessed(
        camera_id="camera-1",
        deployment_id=deployment_id,
        slot=granted_slot(lethe),
        number=_UNUSED,
        captured=at,
        at=at,
        outcome=FrameOutcome.PROCESSED,
    )
    await producer.send_and_wait(max(live, key=_generation), forged.encode(), partition=0)
    await producer.stop()


def _generation(name: str) -> int:
    _, _, generation = name.partition(".v1.g")
    return int(generation or 0)


def command(lethe: RunningLethe, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lethe.cli", *arguments, "--alert-url", lethe.alert_url],
        capture_output=True,
        text=True,
        check=False,
    )


def test_contradicting_counts_stop_capture_until_an_officer_resumes(lethe: RunningLethe) -> None:
    deployment_id = deployment(lethe)["deployment_id"]
    assert command(lethe, "status").returncode == 0

    def is_suspended() -> bool:
        # Of a slot that is over by the time it is read, it counts for nothing.
        asyncio.run(forge(lethe, deployment_id))
        return deployment(lethe)["suspended"] is not None

    wait_until(is_suspended)
    found = command(lethe, "status", "--json")
    [told] = json.loads(found.stdout)["deployments"]
    assert (found.returncode, told["status"]) == (1, "suspended")
    assert told["suspended"]["ground"] == "more-processed-than-captured"

    check_nothing_is_captured(lethe)
    # Nor does another leader make keys for it.
    killed, _ = leader(lethe)
    killed.kill()
    wait_until(lambda: leader(lethe)[0].pid != killed.pid)
    check_nothing_is_captured(lethe)

    before = _captured(lethe)[1]
    resumed = command(lethe, "resume", deployment_id, "--yes")
    assert (resumed.returncode, resumed.stderr) == (0, "")
    wait_until(lambda: _captured(lethe)[1] > before)
    assert deployment(lethe)["suspended"] is None
    again = command(lethe, "resume", deployment_id, "--yes")
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert "isn't suspended" in again.stderr
    report = lethe.finish(interrupt=True)
    assert report["unerased"] == 0
    assert report["suspensions"] == ["more-processed-than-captured"]
    shown = subprocess.run(
        [sys.executable, "-m", "lethe.cli", "receipts", "show", "--data", str(lethe.data)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stdout
    told = [line.split()[0] for line in shown.stdout.splitlines() if line.startswith("  ")]
    steps = [word for word in told if word in ("suspended", "resumed")]
    # Where the standby took over, its own log says again what is suspended.
    assert [step for step, _ in groupby(steps)] == ["suspended", "resumed"]
