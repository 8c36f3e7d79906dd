"""The live table shows each figure of the account."""

from io import StringIO

import pytest
from rich.console import Console

from lethe.cli.live.account import Account
from lethe.cli.live.resources import Usage
from lethe.cli.live.snapshot import Snapshot
from lethe.cli.live.table import LiveTable, plain_line
from lethe.cli.session.api import AlertRecord

ACCOUNT = Account.model_validate(
    {
        "frames": {"offered": 1212, "captured": 1208, "processed": 1191, "expired": 17},
        "faces": {"seen": 3034, "probes": 2020},
        "erasure_age_ms": {"p50": 88.4, "p99": 201.2, "max": 250.0},
        "unerased": 3,
    }
)


def shown_in(snapshot: Snapshot, width: int, height: int) -> list[str]:
    """Render the table in a window; return its lines."""
    console = Console(width=width, height=height, file=StringIO())
    with console.capture() as capture:
        console.print(LiveTable(snapshot))
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def rows(snapshot: Snapshot) -> dict[str, str]:
    """Render the table; return its lines by their first words."""
    lines = [line for line in shown_in(snapshot, 120, 50) if line]
    return {line.partition(" ")[0]: line for line in lines}


def alert_of(subject: str) -> AlertRecord:
    return AlertRecord(
        alert_id="a",
        camera_id="camera-2",
        subject=subject,
        score=0.71,
        cosine=0.58,
        captured_at="2026-01-01T00:00:00.000Z",
        published_at="2026-01-01T00:00:00.300Z",
        latency_ms=300.0,
    )


def snapshot_of(account: Account | None) -> Snapshot:
    usages = {
        "purge": Usage(rss_mb=71.6, cpu_percent=7.4),
        "detect": Usage(rss_mb=565.2, cpu_percent=61.0),
    }
    alerts = [alert_of("Ann\x1b[2J")]
    return Snapshot("http://127.0.0.1:8080", 65.0, account, 23.94, 42, alerts, usages)


def crowded() -> Snapshot:
    """Return what four of each service and a suspension make: more than a small window holds."""
    account = ACCOUNT.model_copy(update={"suspended": {"local-1": "overaged " * 20}})
    usages = {f"service-{n}": Usage(rss_mb=100.0, cpu_percent=5.0) for n in range(22)}
    alerts = [alert_of(f"Person {n} {'of many names ' * 8}") for n in range(8)]
    return Snapshot("http://127.0.0.1:8080", 65.0, account, 23.94, 8, alerts, usages)


def test_the_table_shows_frames_faces_alerts_erasure_ages_and_every_process() -> None:
    shown = rows(snapshot_of(ACCOUNT))
    assert shown["Lethe"] == "Lethe http://127.0.0.1:8080 0:01:05"
    assert shown["frames"] == "frames 23.9/s 1208 captured of 1212, 1191 processed, 17 expired"
    assert shown["faces"] == "faces 3034 2020 compared with the watchlist"
    assert shown["alerts"] == "alerts 42"
    assert shown["erasure"] == "erasure age 88 ms p50; p99 201 ms, max 250 ms"
    assert shown["unerased"] == "unerased 3"
    assert shown["purge"] == "purge 72 MB 7%"
    assert shown["detect"] == "detect 565 MB 61%"
    assert shown["Ann?[2J"] == "Ann?[2J 0.71 camera-2 2026-01-01T00:00:00.000Z"
    assert "Ctrl-C" in shown["Alerts"]


def test_the_table_says_that_no_purge_answers_and_still_shows_the_processes() -> None:
    shown = rows(snapshot_of(None))
    assert shown["purge"] == "purge 72 MB 7%"
    assert "frames" not in shown


def test_a_table_that_fits_shows_all() -> None:
    shown = shown_in(crowded(), 80, 60)
    assert "service-21 100 MB 5%" in shown
    assert sum(line.startswith("Person") for line in shown) == 4
    assert not any("more" in line for line in shown)


def test_in_a_window_of_80_by_24_processes_give_way_to_the_newest_alerts() -> None:
    shown = shown_in(crowded(), 80, 24)
    assert len(shown) == 24
    assert [line.split()[1] for line in shown if line.startswith("Person")] == ["4", "5", "6", "7"]
    assert "Ctrl-C" in shown[-1]
    services = sum(line.startswith("service-") for line in shown)
    more = 22 - services
    assert f"and {more} more {more * 100} MB {more * 5}%" in shown


@pytest.mark.parametrize("height", [*range(5, 14), 23, 24, 25, 34, 35, 36, 50])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_never_is_higher_than_its_window_and_keeps_the_newest_alert(
    width: int, height: int
) -> None:
    shown = shown_in(crowded(), width, height)
    assert len(shown) <= height
    assert shown[0].startswith("Lethe http://127.0.0.1:8080")
    assert any(line.startswith("Person 7") for line in shown)


def test_one_is_told_in_the_singular() -> None:
    account = ACCOUNT.model_copy(update={"faces": {"seen": 1}})
    told = plain_line(Snapshot("http://127.0.0.1:8080", 1.0, account, 12.0, 1))
    assert ", 1 face, 1 alert, " in told
