"""Apache Kafka crashes under load and comes back: the stack resumes by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tools.kafka.node import ApacheKafka
from tools.running import RunningLethe, running_lethe, wait_until

_MORE_ALERTS = 3
_LOST_SLOTS = 3


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with ApacheKafka(tmp_path_factory.mktemp("crashing")) as crashing:
        yield crashing


@pytest.fixture(scope="module")
def report(node: ApacheKafka, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("restart")
    with running_lethe(folder, "demo", "--broker", node.address, "--cool-down", "0") as lethe:
        wait_until(lambda: lethe.last_sequence() > 0)
        node.kill()
        failed = _tickets_failed(lethe)
        wait_until(lambda: _tickets_failed(lethe) >= failed + _LOST_SLOTS)
        node.start()
        before = lethe.last_sequence()
        wait_until(lambda: lethe.last_sequence() >= before + _MORE_ALERTS)
        return lethe.finish(interrupt=True)


def _tickets_failed(lethe: RunningLethe) -> float:
    """Return how many tickets ingest couldn't send: without them there are no keys."""
    return lethe.metric("ingest-1", "lethe_tickets_failed_total")


def test_alerts_come_again_without_a_service_having_ended_for_it(report: dict[str, Any]) -> None:
    # A broker that starts takes both cores of a small machine for seconds: the kernel timer may
    # end detect meanwhile, which holds keys and has the most to do. Nothing else may end.
    restarted = {name for name, count in report["restarts"].items() if count}
    assert restarted <= {"detect"}


def test_nothing_is_left_unerased_and_no_frame_outlives_the_budget(report: dict[str, Any]) -> None:
    assert report["unerased"] == 0
    assert report["copies"]["open"] == 0
    assert report["erasure_age_ms"]["max"] < 1000
