"""The disk of Apache Kafka is full: nothing is captured, that is told once, and it goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.small_disk import SmallDisk, small_disk
from tools.kafka.node import ApacheKafka
from tools.running import RunningLethe, running_lethe, wait_until

_MORE_ALERTS = 3
_LOST_SLOTS = 3


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    with small_disk(tmp_path_factory.mktemp("disk"), megabytes=512) as small:
        yield small


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, disk: SmallDisk) -> Iterator[ApacheKafka]:
    folder = tmp_path_factory.mktemp("full")
    with ApacheKafka(folder, log_dir=disk.folder / "data") as filling:
        yield filling


@pytest.fixture(scope="module")
def run(
    node: ApacheKafka, disk: SmallDisk, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Fill the disk under a running stack until the node has ended; return what was reported."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with running_lethe(folder, "demo", "--broker", node.address, "--cool-down", "0") as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        disk.fill()
        wait_until(lambda: not node.runs)
        wait_until(lambda: any(account["standstill"] for account in lethe.accounts()))
        granted, failed = _granted(lethe), _tickets_failed(lethe)
        wait_until(lambda: _tickets_failed(lethe) >= failed + _LOST_SLOTS)
        meanwhile = _granted(lethe) - granted
        disk.free()
        node.start()
        before = lethe.last_sequence()
        wait_until(lambda: lethe.last_sequence() >= before + _MORE_ALERTS)
        report = lethe.finish(interrupt=True)
    return report | {"told": lethe.told, "granted_meanwhile": meanwhile}


def _granted(lethe: RunningLethe) -> float:
    """Return how often ingest got keys: it captures under none but these."""
    return lethe.metric("ingest-1", 'lethe_grants_total{result="held"}')


def _tickets_failed(lethe: RunningLethe) -> float:
    return lethe.metric("ingest-1", "lethe_tickets_failed_total")


def test_a_node_whose_disk_is_full_ends_and_the_stack_says_so_once(run: dict[str, Any]) -> None:
    told = [line for line in run["told"].splitlines() if "stopped (signal 9)" not in line]
    stopped, goes_on = told
    assert stopped.startswith("nothing is captured, since no keys are granted: no service is heard")
    assert goes_on == "keys are granted again"


def test_nothing_is_captured_until_it_has_room_again(run: dict[str, Any]) -> None:
    assert run["granted_meanwhile"] == 0


def test_no_frame_outlives_the_budget_for_want_of_a_broker(run: dict[str, Any]) -> None:
    assert run["unerased"] == 0
    assert run["copies"]["open"] == 0
    assert run["erasure_age_ms"]["max"] < 1000
