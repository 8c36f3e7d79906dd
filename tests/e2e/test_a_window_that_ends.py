"""A window ends by itself, and what was searched for in it is nowhere any more."""

import json
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.forensics.database import Piece, Pieces
from tests.forensics.looking import in_process
from tests.forensics.searching import Index
from tests.forensics.windows import Kind, cut
from tests.support.chosen_broker import OnBroker
from tests.support.entries import form_of
from tests.support.forgetting import signer_of
from tests.support.thief import KEY_BYTES, files_below, holding, keys_within
from tools.running import PATIENCE_S, RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.cli.receipts.keys import key_to_pin
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, OrderType, camera_hash
from lethe.contracts.receipts import erased_watchlist_hash
from lethe.receipts.entries import SlotGranted, WatchlistErased
from lethe.receipts.parsing import parse_entry
from lethe.shredding.authorising import authorise, sign_draft
from lethe.shredding.trust import load_local_trust
from lethe.vision.extract import FaceExtractor
from lethe.vision.pack import load_pack
from lethe.vision.stills import read_still

pytestmark = pytest.mark.alone

LIST, NAME = "northtown-7", "northtown-1"
WINDOW_US = 30_000_000
_KEYS_LIVE_MS = 1_000
"""No slot begins when the window is over, and its keys are gone so long after it began."""
PERSON = {
    "reference_number": "N-17",
    "name": "Añn Exãmple-Person",
    "category": "other",
    "grounds": "failed to appear at Northtown court",
}


@contextmanager
def started(folder: Path, on_broker: OnBroker) -> Iterator[tuple[RunningLethe, httpx.Client]]:
    """Run a stack on an empty broker, and give a client of its alert."""
    module = "tests.support.lethe_that_keeps_no_list"
    with (
        running_lethe(folder, "up", *on_broker(), module=module, reports=False) as lethe,
        client_of(lethe) as client,
    ):
        yield lethe, client


@contextmanager
def client_of(lethe: RunningLethe) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{lethe.alert_url}/api/v1",
        headers={"Authorization": f"Bearer {lethe.token()}"},
        timeout=PATIENCE_S,
    ) as client:
        yield client


def image() -> bytes:
    return (find_home().demonstration / "watchlist" / "astronaut.png").read_bytes()


def templates() -> Index:
    """Return what the template of the person's image is recognised by."""
    extractor = FaceExtractor(load_pack(find_home().model_pack))
    with extractor.extract_reference(read_still(image())) as extraction:
        return Index([cut(Kind.TEMPLATE, extraction.templates[0].copy(), 0)])


def processes_with(lethe: RunningLethe, index: Index) -> set[str]:
    """Return the services in whose memory one of the needles is."""
    return {
        name
        for name, child in lethe.children().items()
        if name != "broker" and in_process(index, child.pid, born_by=0)
    }


def enrolled(client: httpx.Client) -> dict[str, Any]:
    """List the person with the image; return the list once that is enrolled."""
    client.post("/watchlists", json={"watchlist_id": LIST}).raise_for_status()
    form = form_of({"details": PERSON, "images": ["face"]}, images={"face": image()})
    client.post(f"/watchlists/{LIST}/entries", **form).raise_for_status()
    wait_until(lambda: shown(client)["references"]["enrolled"] == 1)
    return shown(client)


def shown(client: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"/watchlists/{LIST}").raise_for_status().json()
    return told


def ordered(client: httpx.Client, watchlist: dict[str, Any]) -> DeploymentOrder:
    """Have the list searched in a short window, drafted by one and authorised by another."""
    footage = find_home().demonstration / "camera-1.mp4"
    gate = CameraAssigned(camera_id="gate", deployment_id=NAME, source=str(footage), loop=True)
    now_us = time.time_ns() // 1_000
    order = DeploymentOrder(
        deployment_id=NAME,
        type=OrderType.OPERATIONAL,
        use_case="test",
        grounds="test",
        zone="the gate",
        authorised_by="",
        camera_ids=["gate"],
        camera_hashes={"gate": camera_hash(gate)},
        starts_at_us=now_us,
        ends_at_us=now_us + WINDOW_US,
        watchlist_id=LIST,
        watchlist_hash=watchlist["content_hash"],
        watchlist_size=watchlist["subjects"],
        details_hash=watchlist["details_hash"],
        threshold=0.6,
        false_alert_budget=5,
        receipts_key=key_to_pin(find_home().trust),
    )
    trust = load_local_trust(find_home().trust)
    signed = authorise(sign_draft(order, signer_of(trust, "drafter")), signer_of(trust, "officer"))
    body = {
        "ordered": b64encode(signed.encode()).decode(),
        "cameras": [gate.model_dump(mode="json")],
    }
    client.post("/deployments", json=body).raise_for_status()
    return order


def receipts(lethe: RunningLethe) -> list[object]:
    lines = lethe.ask("/api/v1/receipts").content.splitlines()
    return [parse_entry(line) for line in lines if line.startswith(b"{")]


def erasures(lethe: RunningLethe) -> list[WatchlistErased]:
    return [each for each in receipts(lethe) if isinstance(each, WatchlistErased)]


def rows_of(database: Path) -> dict[str, int]:
    """Return how many rows tell of the list's people."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = ("subjects", '"references"')
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables
        }


def opened(pieces: list[Piece], contents: dict[str, bytes]) -> list[str]:
    """Return what of the pieces some key in these files opens."""
    keys = keys_within(contents.values())
    return [each.bound for each in pieces if any(each.opened(key) for key in keys)]


def test_a_window_ends_by_itself_and_its_watchlist_is_gone_everywhere(
    tmp_path: Path, on_broker: OnBroker
) -> None:
    with started(tmp_path, on_broker) as (lethe, client):
        check_a_window_that_ends(lethe, client)
        before = record(lethe)
        assert (before["record"]["status"], before["doubts"]) == ("over", [])
        lethe.process.terminate()
        assert lethe.process.wait(PATIENCE_S) == 0
    told = command("receipts", "show", "--data", str(tmp_path / "data"))
    assert "  watchlists 1 erased: 1 deployment-over" in told
    # What was done is told by whoever has the data folder, without the broker that it went over.
    with started(tmp_path, on_broker) as (lethe, client):
        assert client.get(f"/deployments/{NAME}").status_code == HTTPStatus.NOT_FOUND
        assert record(lethe)["record"] == before["record"]


def record(lethe: RunningLethe) -> dict[str, Any]:
    """Return the record of the deployment, as the command prints it."""
    options = ("--json", "--alert-url", lethe.alert_url)
    told: dict[str, Any] = json.loads(command("deployment", "record", NAME, *options))
    return told


def command(*arguments: str) -> str:
    """Run a command; return what it says."""
    given = [sys.executable, "-m", "lethe.cli", *arguments]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def check_a_window_that_ends(lethe: RunningLethe, client: httpx.Client) -> None:
    watchlist, needles = enrolled(client), templates()

    # What the thief looks for is there, or nothing shows by its being gone.
    folder = lethe.data / "alert"
    key_folder, database = folder / "keys", folder / "database" / "alerts.sqlite"
    pieces = [each for each in Pieces(database).seen() if LIST in each.bound]
    assert len(pieces) == 3, "the list, the person and the image"
    [key_file] = key_folder.glob("watchlist-*")
    data_key = key_file.read_bytes()[:KEY_BYTES]
    assert sorted(opened(pieces, files_below(key_folder))) == sorted(p.bound for p in pieces)
    yesterday = files_below(folder / "database")
    # An image takes many pages, and isn't in one piece.
    assert all(holding(yesterday, each.ciphertext[:64]) for each in pieces)
    # Last of these: from here on the window runs.
    order = ordered(client, watchlist)
    wait_until(lambda: sum(each["frames"]["captured"] for each in lethe.accounts()) > 0)
    assert "match-1" in processes_with(lethe, needles)

    named = erased_watchlist_hash(LIST, order.watchlist_hash)
    wait_until(lambda: named in {each.id_hash for each in erasures(lethe)})
    assert time.time_ns() // 1_000 >= order.ends_at_us, "nobody ended it"
    [receipt] = erasures(lethe)
    assert (receipt.deployment, receipt.ground) == (NAME, "deployment-over")
    assert client.get(f"/deployments/{NAME}").json()["status"] == "over"
    assert client.get("/status").json()["cameras"] == []
    granted = [each for each in receipts(lethe) if isinstance(each, SlotGranted)]
    last_ms = max(each.deadline_ms for each in granted if each.deployment == NAME)
    # Dates of receipts go by the boot clock, which the wall clock may have left behind a little.
    assert last_ms < order.ends_at_us // 1_000 + _KEYS_LIVE_MS + 100

    assert shown(client)["erased"]
    assert client.get(f"/watchlists/{LIST}/subjects").status_code == HTTPStatus.GONE
    assert rows_of(database) == {"subjects": 0, '"references"': 0}
    assert list(key_folder.glob("watchlist-*")) == []
    # Qdrant holds its collections in match's memory, and no snapshot of them in any folder.
    wait_until(lambda: processes_with(lethe, needles) == set())
    left = files_below(lethe.data)
    assert opened(pieces, files_below(key_folder)) == [], "also of yesterday's database"
    for secret in (data_key, PERSON["name"].encode(), image()[-200:-100]):
        assert holding(left | yesterday, secret) == set()
