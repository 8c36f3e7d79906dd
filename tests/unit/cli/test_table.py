"""The live table shows each figure of the account."""

from io import StringIO

from rich.console import Console

from lethe.cli.live.account import Account
from lethe.cli.live.resources import Usage
from lethe.cli.live.snapshot import Snapshot
from lethe.cli.live.table import live_table
from lethe.cli.session.api import AlertRecord

ACCOUNT = Account.model_validate(
    {
        "frames": {"offered": 1212, "captured": 1208, "processed": 1191, "expired": 17},
        "faces": {"seen": 3034, "probes": 2020},
        "erasure_age_ms": {"p50": 88.4, "p99": 201.2, "max": 250.0},
        "unerased": 3,
    }
)


def rows(snapshot: Snapshot) -> dict[str, str]:
    """Render the table; return its lines by their first words."""
    console = Console(width=120, file=StringIO())
    with console.capture() as capture:
        console.print(live_table(snapshot))
    lines = [" ".join(line.split()) for line in capture.get().splitlines() if line.strip()]
    return {line.partition(" ")[0]: line for line in lines}


def snapshot_of(account: Account | None) -> Snapshot:
    alert = AlertRecord(
        alert_id="a",
        camera_id="camera-2",
        subject="Ann\x1b[2J",
        score=0.71,
        cosine=0.58,
        captured_at="2026-01-01T00:00:00.000Z",
        published_at="2026-01-01T00:00:00.300Z",
        latency_ms=300.0,
    )
    usages = {
        "purge": Usage(rss_mb=71.6, cpu_percent=7.4),
        "detect": Usage(rss_mb=565.2, cpu_percent=61.0),
    }
    return Snapshot("http://127.0.0.1:8080", 65.0, account, 23.94, 42, [alert], usages)


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
