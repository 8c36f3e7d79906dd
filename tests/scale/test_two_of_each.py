"""Two of each service at once: killed, stopped, ended, added and removed under load."""

import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.support.added_instances import added_instance
from tests.support.breaking import (
    await_alerts,
    break_at_once,
    break_instance,
    check_an_open_page_missed_and_repeated_nothing,
    check_no_alert_was_lost_or_shown_twice,
    end_with_searches,
)
from tests.support.chosen_broker import OnBroker
from tools.open_page import OpenPage
from tools.running import RunningLethe, account, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.contracts.topic import PARTITIONS, partition_for
from lethe.contracts.topics import CANDIDATES_FOUND, FRAME_CAPTURED, PROBE_EXTRACTED

_ENDINGS = {
    "purge-1": signal.SIGKILL,
    "purge-2": signal.SIGTERM,
    "ingest-1": signal.SIGKILL,
    "detect-2": signal.SIGSTOP,
    "match-1": signal.SIGTERM,
    "alert-1": signal.SIGKILL,
    "alert-2": signal.SIGKILL,
}
_BOTH_ALERTS = {"alert-1": signal.SIGKILL, "alert-2": signal.SIGKILL}
# What those who share the cameras make of them.
_PUBLISHED = {"ingest": FRAME_CAPTURED, "detect": PROBE_EXTRACTED, "match": CANDIDATES_FOUND}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("two-of-each")
    footage = find_home().demonstration
    cameras = folder / "cameras.toml"
    cameras.write_text("".join(_one_on_each_partition(footage / "camera-1.mp4")))
    watched = ("watch", "--camera", str(cameras), "--watchlist", str(footage / "watchlist"))
    arguments = ("--instances", "2", "--cool-down", "0", *on_broker())
    with (
        running_lethe(folder, *watched, *arguments) as lethe,
        OpenPage(lethe.alert_url, lethe.token) as page,
    ):
        wait_until(lambda: lethe.last_sequence() > 0)
        accounts = _accounts_of_what_comes_and_goes(lethe)
        await_alerts(lethe)
        report = end_with_searches(lethe)
    return report | {"page": page, "accounts": [*accounts, report]}


def _one_on_each_partition(footage: Path) -> Iterator[str]:
    """Describe a camera per partition, so that whoever is broken or added has some of them.

    Slow ones: two of everything keep two cores busy enough.
    """
    left = set(range(PARTITIONS))
    names = (f"gate-{number}" for number in count(1))
    while left:
        name = next(names)
        if (partition := partition_for(name)) in left:
            left.remove(partition)
            yield f'[{name}]\nsource = "{footage}"\nmax_fps = 1.5\n'


def _accounts_of_what_comes_and_goes(lethe: RunningLethe) -> list[dict[str, Any]]:
    """Break, add and remove instances; return accounts of purge that leave no frame out.

    The last account, of the purges that were started again, is in the report.
    """
    with added_instance(lethe, "purge") as purge:
        # It hears everything by now, so this one and its own have no gap between them.
        before = lethe.accounts()
        for instance_id, number in _ENDINGS.items():
            break_instance(lethe, instance_id, number)
        for service in _PUBLISHED:
            _share_with_one_more(lethe, service)
        _let_one_more_lead(lethe)
        # Whoever was broken last may have to tell yet what it destroyed.
        wait_until(lambda: account(purge.url)["unerased"] == 0)
        return [*before, account(purge.url)]


def _share_with_one_more(lethe: RunningLethe, service: str) -> None:
    with added_instance(lethe, service) as added:
        wait_until(added.owns_partitions)
        wait_until(lambda: added.has_published(_PUBLISHED[service]))
        await_alerts(lethe)


def _let_one_more_lead(lethe: RunningLethe) -> None:
    """Add an alert, have it lead where no page can reach it, and take it away."""
    with added_instance(lethe, "alert") as added:
        assert not added.leads(), "it took the lead from one that was well"
        break_at_once(lethe, _BOTH_ALERTS)
        wait_until(added.leads)
        await_alerts(lethe, added.url)


def test_no_captured_frame_outlives_the_budget_whoever_comes_or_goes(
    report: dict[str, Any],
) -> None:
    for each in report["accounts"]:
        assert each["frames"]["captured"] > 0
        assert each["erasure_age_ms"]["max"] < 1000
        assert each["unerased"] == 0


def test_the_accounts_of_the_purges_leave_no_time_out(report: dict[str, Any]) -> None:
    *_, added, last = report["accounts"]
    assert min(each["since"] for each in report["accounts"]) < added["since"] < last["since"]


def test_nobody_who_comes_or_goes_is_a_ground_to_suspend(report: dict[str, Any]) -> None:
    assert report["suspensions"] == []


def test_every_copy_is_accounted_for(report: dict[str, Any]) -> None:
    assert report["copies"]["dead"] > 0
    assert report["copies"]["open"] == 0


def test_whoever_ended_was_started_again_and_nobody_else(report: dict[str, Any]) -> None:
    broken = Counter([*_ENDINGS, *_BOTH_ALERTS])
    services = {name: count for name, count in report["restarts"].items() if name != "broker"}
    assert report["restarts"].get("broker", 0) == 0
    assert services == {
        f"{service} {number}".removesuffix(" 1"): broken[f"{service}-{number}"]
        for service in ("ingest", "detect", "match", "alert", "purge")
        for number in (1, 2)
    }


def test_no_decided_alert_is_lost_or_shown_twice(report: dict[str, Any]) -> None:
    check_no_alert_was_lost_or_shown_twice(report)


def test_a_page_that_stays_open_shows_every_alert_once(report: dict[str, Any]) -> None:
    check_an_open_page_missed_and_repeated_nothing(report["page"], report)
    assert report["page"].connections >= 3, "the alert that led was killed, and came back"
