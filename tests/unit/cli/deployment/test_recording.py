"""The record of a deployment is held against the receipts, and says where they differ."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.receipts import ORDER, SIGNER, START_MS, Log, file_of

from lethe.cli.deployment import recording
from lethe.cli.deployment.records import AlertsWord, DeploymentAccount
from lethe.cli.session.api import AlertApi
from lethe.contracts.errors import InvalidInput
from lethe.receipts.entries import AlertErased, SubjectsWithdrawn
from lethe.shredding.trust import LocalTrust

KEY = str(SIGNER.verifier)
TOLD: dict[str, Any] = {
    "deployment_id": "d",
    "order_type": "operational",
    "order_hash": ORDER,
    "status": "over",
    "use_case": "policing the fair",
    "grounds": "three suspects were seen here last year",
    "zone": "the north gate",
    "area": "north",
    "drafted_by": "ann",
    "authorised_by": "bob",
    "starts_at": "2026-01-01T10:00:00.000Z",
    "ends_at": "2026-01-01T16:00:00.000Z",
    "cameras": ["gate", "square"],
    "threshold": 0.6,
    "watchlist": {
        "watchlist_id": "northtown-7",
        "content_hash": "ab" * 32,
        "subjects": 3,
        "categories": {"wanted on warrant": 2, "other": 1},
    },
    "alerts": {"raised": 4, "true": 2, "false": 1, "unadjudicated": 1},
    "withdrawn": 1,
    "steps": [
        {"at": "2026-01-01T09:00:00.000Z", "what": "handed in", "subjects": 0},
        {"at": "2026-01-01T11:00:00.000Z", "what": "withdrawn", "subjects": 1},
    ],
}


def held(folder: Path, log: Log | None = None, **changes: Any) -> DeploymentAccount:
    """Return a record held against a log of receipts."""
    file = folder / "receipts"
    file.write_bytes(b"".join(file_of(log or a_log())))
    record = AlertsWord.model_validate(TOLD | changes)
    return recording.held_against_receipts(record, str(file), KEY)


def a_log(*, withdrawn: int = 1, erased: int = 1) -> Log:
    log = Log().begin()
    log.add(SubjectsWithdrawn(log.at_ms, "d", withdrawn, "ab" * 32)).slot()
    log.add(log.minute(1, faces_seen=1_234, faces_erased=1_231))
    log.add(*(AlertErased(log.at_ms, "d", f"{n:064x}", "false-alert") for n in range(erased)))
    return log.end()


def test_it_says_what_was_ordered_and_done_and_that_faces_are_an_estimate(tmp_path: Path) -> None:
    found = held(tmp_path)
    assert found.doubts == []
    assert list(recording.lines_of(found)) == [
        "deployment: d (operational), over",
        "use case: policing the fair",
        "grounds: three suspects were seen here last year",
        "place: the north gate, area north",
        "drafted by ann, authorised by bob",
        "ordered from 2026-01-01T10:00:00.000Z until 2026-01-01T16:00:00.000Z",
        "filmed from 2023-11-14T22:13:20.000Z until 2023-11-14T22:13:20.200Z",
        "cameras: gate, square",
        "watchlist: northtown-7, 3 subjects: 1 other, 2 wanted on warrant",
        "threshold: 0.6",
        (
            "faces seen: 1,234, an estimate of how much was looked at and no number of people: "
            "whoever stays in view is counted in every picture"
        ),
        "alerts: 4, of which 2 true, 1 false, 1 not adjudicated",
        "2026-01-01T09:00:00.000Z handed in",
        "2026-01-01T11:00:00.000Z withdrawn 1 subject",
    ]
    assert START_MS == 1_700_000_000_000


def test_what_nobody_said_or_counted_is_told_so(tmp_path: Path) -> None:
    uncounted = TOLD["watchlist"] | {"categories": None, "erased": True}
    found = held(tmp_path, zone=None, area=None, drafted_by=None, watchlist=uncounted)
    told = list(recording.lines_of(found))
    assert "place: not said, area not said" in told
    assert "drafted by nobody, authorised by bob" in told
    assert "watchlist: northtown-7, 3 subjects, erased; nobody counted its categories" in told


def test_whom_another_order_withdrew_and_this_one_searches_for_is_told(tmp_path: Path) -> None:
    told = list(recording.lines_of(held(tmp_path, withdrawn_elsewhere=2)))
    assert (
        "2 subjects that another order of this watchlist has withdrawn: searched for under this one"
    ) in told


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"order_hash": "cd" * 32}, "the receipts tell of another order"),
        ({"threshold": 0.61}, "the receipts tell of the threshold 0.6"),
        ({"cameras": ["gate"]}, "the receipts tell of 2 cameras"),
        ({"steps": []}, "the receipts tell of 1 withdrawn subject"),
        ({"alerts": {"raised": 0, "true": 0, "false": 0, "unadjudicated": 0}},
         "the receipts tell of 1 erased alert"),
        ({"deployment_id": "another"}, "the receipts tell nothing of it: no key was granted"),
    ],
)  # fmt: skip
def test_where_alert_and_receipts_differ_it_warns(
    tmp_path: Path, changes: dict[str, Any], doubt: str
) -> None:
    found = held(tmp_path, **changes)
    assert found.doubts == [doubt]
    assert list(recording.lines_of(found))[-1] == f"WARNING: {doubt}"


def test_receipts_that_do_not_hold_are_not_told_from(tmp_path: Path) -> None:
    log = a_log()
    log.blocks[2] = log.blocks[2].replace(b'"withdrawn":1', b'"withdrawn":2')
    refuted = held(tmp_path, log)
    assert refuted.receipts is None
    assert refuted.doubts[0].startswith("the receipts are refuted: ")
    record = AlertsWord.model_validate(TOLD)
    missing = recording.held_against_receipts(record, str(tmp_path / "none"), KEY)
    assert missing.receipts is None
    assert missing.doubts[0].startswith("no receipts: ")
    assert not any("faces" in line for line in recording.lines_of(missing))


async def test_the_record_is_asked_for_by_name(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/api/v1/deployments/d/record":
            return httpx.Response(404, json={"detail": "no order of this name was heard here"})
        return httpx.Response(200, json=TOLD)

    transport = httpx.MockTransport(answer)
    monkeypatch.setattr(recording, "AlertApi", lambda url, token: AlertApi(url, token, transport))
    told = await recording.told_by_alert("http://127.0.0.1:1", "d", trust.folder)
    assert told == AlertsWord.model_validate(TOLD)
    with pytest.raises(InvalidInput, match="no order of this name"):
        await recording.told_by_alert("http://127.0.0.1:1", "e", trust.folder)


def test_it_tells_of_walk_throughs_and_counts_rehearsals_nowhere_else(tmp_path: Path) -> None:
    at = "2026-01-01T09:30:00.000Z"
    walked = [
        {"at": at, "what": "walk-through begun", "by": "sue", "subjects": 0, "cameras": []},
        {"at": at, "what": "walk-through: passed", "by": "sue", "subjects": 0, "cameras": ["gate"]},
    ]
    alerts = {"raised": 0, "true": 0, "false": 0, "unadjudicated": 0, "rehearsals": 1}
    found = held(tmp_path, alerts=alerts, steps=[*TOLD["steps"], *walked])
    # The one that the receipts say was erased is the rehearsal.
    assert found.doubts == []
    lines = list(recording.lines_of(found))
    assert "rehearsals: 1 alert about volunteers, counted nowhere else" in lines
    assert lines[-2:] == [
        f"{at} walk-through begun, by sue",
        f"{at} walk-through: passed gate, by sue",
    ]
