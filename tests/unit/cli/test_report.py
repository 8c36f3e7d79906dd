"""The figures of a report, and how it reaches the disk."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.cli.live.account import Account
from lethe.cli.live.report import Outcome, build_report, percentile, percentiles, write_report
from lethe.cli.session.api import AlertRecord
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import DeploymentOrder, OrderType, order_hash


def make_alert(latency_ms: float, subject: str = "Ann") -> AlertRecord:
    return AlertRecord(
        alert_id="a1",
        camera_id="camera-1",
        subject_id="subject-1",
        subject=subject,
        score=0.8,
        cosine=0.6,
        captured_at="2026-01-01T00:00:00.000Z",
        published_at="2026-01-01T00:00:00.100Z",
        latency_ms=latency_ms,
    )


def make_outcome(alerts: list[AlertRecord], account: Account | None = None) -> Outcome:
    order = DeploymentOrder(
        deployment_id="local-1",
        type=OrderType.LOCAL,
        use_case="u",
        grounds="g",
        authorised_by="officer",
        camera_ids=["camera-1"],
        starts_at_us=0,
        ends_at_us=1,
        watchlist_id="w",
        watchlist_hash="00",
        watchlist_size=2,
        threshold=0.6,
    )
    return Outcome(account or Account(), alerts, {}, {"detect": 1}, order, 30.04, ["copy-open"])


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentiles(values) == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}


def test_one_value_is_every_percentile() -> None:
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0, "max": 7.0}


def test_no_values_give_no_percentiles() -> None:
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None, "max": None}


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=300),
    st.floats(min_value=0.1, max_value=100),
)
def test_a_percentile_has_at_least_its_share_of_the_values_at_or_below_it(
    values: list[float], percent: float
) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    share = sum(value <= found for value in ordered) / len(ordered)
    assert found in ordered
    assert share >= percent / 100 - 1e-9


def test_the_report_takes_its_counts_from_the_account_as_they_are() -> None:
    account = Account.model_validate(
        {
            "since": "2026-01-01T00:00:00.000Z",
            "frames": {"offered": 10, "captured": 9, "dropped": 1},
            "faces": {"seen": 5, "probes": 4, "discarded": {"blurred": 1}},
            "decisions": {"non_match": 3, "candidates": 1, "expired": 0},
            "latency_ms": {"capture_to_decision": {"p50": 80.0}},
            "erasure_age_ms": {"p50": 90.0, "max": 200.0},
            "unerased": 2,
        }
    )
    report = build_report(make_outcome([make_alert(120.0), make_alert(80.0)], account))
    assert report["frames"] == {"offered": 10, "captured": 9, "dropped": 1}
    assert report["unerased"] == 2
    assert report["suspensions"] == ["copy-open"]
    assert report["latency_ms"]["capture_to_decision"] == {"p50": 80.0}
    assert report["latency_ms"]["capture_to_alert"]["max"] == 120.0
    assert report["erasure_age_ms"] == {"p50": 90.0, "max": 200.0}
    assert report["restarts"] == {"detect": 1}


def test_the_report_names_what_the_issue_asks_of_an_alert() -> None:
    (alert,) = build_report(make_outcome([make_alert(1.0)]))["alerts"]
    assert set(alert) == {
        "alert_id",
        "camera_id",
        "subject",
        "score",
        "cosine",
        "captured_at",
        "published_at",
        "latency_ms",
    }


def test_the_report_names_the_order_and_the_machine() -> None:
    outcome = make_outcome([])
    report = build_report(outcome)
    assert report["order"]["type"] == "local"
    assert report["order"]["order_hash"] == order_hash(outcome.order.encode())
    assert report["machine"]["cores"] >= 1
    assert report["versions"]["lethe-cli"]


def test_a_report_replaces_an_older_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("older")
    write_report(build_report(make_outcome([make_alert(1.0, "Zoë")])), path)
    assert json.loads(path.read_text())["alerts"][0]["subject"] == "Zoë"
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
    assert path.stat().st_mode & 0o077 == 0


def test_a_report_that_cant_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "report.json"
    taken.mkdir()
    with pytest.raises(InvalidInput, match="--report"):
        write_report({}, taken)
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]
