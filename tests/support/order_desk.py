"""Where orders are drafted and authorised, and an alert that verifies what it is handed."""

import json
import time
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result

from lethe.cli.__main__ import lethe
from lethe.cli.home import RECEIPTS_VERIFIER
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered
from lethe.receipts.notes import ED25519, VerifierKey
from lethe.receipts.origins import signer_name
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import RECEIPTS_NAME
from lethe.shredding.trust import LocalTrust

HASH, DETAILS = "ab" * 32, "0d" * 32
CAMERAS = """
[gate]
source = "rtsp://192.0.2.1/stream"
secret = "gate"
max_fps = 8
masks = [[[0.0, 0.0], [0.3, 0.0], [0.0, 0.25]]]
zone = [[0.1, 0.3], [0.9, 0.3], [0.9, 1.0]]
"""


class Service:
    """Answers as alert does, and verifies what it is handed."""

    def __init__(self, trust: LocalTrust) -> None:
        self.book = OrderBook(trust.roster(), allow_local=False)
        self.watchlist: dict[str, Any] = {
            "subjects": 3,
            "settled": True,
            "content_hash": HASH,
            "details_hash": DETAILS,
        }
        self.cameras: list[CameraAssigned] = []
        self.ended: list[str] = []
        self.shown: dict[str, Any] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path in self.shown:
            return httpx.Response(200, json=self.shown[request.url.path])
        if request.method == "GET":
            assert request.url.path == "/api/v1/watchlists/northtown-7"
            return httpx.Response(200, json=self.watchlist)
        if request.url.raw_path.endswith((b"/end", b"/erasure")):
            self.ended.append(request.url.raw_path.decode())
            return httpx.Response(204)
        body = json.loads(request.content)
        ordered = DeploymentOrdered.decode(b64decode(body["ordered"]))
        self.book.hear(ordered, time.time_ns() // 1000)
        self.cameras = [CameraAssigned.model_validate(each) for each in body["cameras"]]
        return httpx.Response(202, json={})


class Desk:
    """Where somebody works: an order file, a camera file, and the command."""

    def __init__(self, folder: Path, trust: LocalTrust) -> None:
        self.trust = trust
        self.order, self.draft = folder / "northtown.toml", folder / "northtown.draft"
        (folder / "cameras.toml").write_text(CAMERAS)
        private_key = read_private_key(trust.key_file(RECEIPTS_NAME))
        public = private_key.public_key().public_bytes_raw()
        verifier = VerifierKey(signer_name(public), ED25519, public)
        (trust.folder / RECEIPTS_VERIFIER).write_text(str(verifier))
        self.write()

    def write(self, **changes: object) -> None:
        now = datetime.now(UTC)
        said: dict[str, object] = {
            "deployment_id": "northtown-1",
            "use_case": "policing the fair",
            "grounds": "three suspects were seen here last year",
            "zone": "the north gate",
            "starts_at": now - timedelta(minutes=1),
            "ends_at": now + timedelta(hours=3),
            "watchlist_id": "northtown-7",
            "threshold": 0.62,
            "false_alert_budget": 5,
            "cameras": "cameras.toml",
        }
        told = {name: value for name, value in (said | changes).items() if value is not None}
        lines = [
            f"{name} = {v.isoformat() if isinstance(v, datetime) else json.dumps(v)}"
            for name, v in told.items()
        ]
        self.order.write_text("\n".join(lines))

    def drafts(self, *options: str) -> Result:
        return self.run("draft", str(self.order), str(self.draft), *options)

    def authorises(self, *options: str, answer: str = "y\n") -> Result:
        return self.run("authorise", str(self.draft), *options, answer=answer)

    def copied_key(self, person: str, name: str) -> Path:
        """Return a copy of somebody's key under another name."""
        file = self.order.with_name(name)
        file.write_bytes(self.trust.key_file(person).read_bytes())
        return file

    def run(self, *words: str, answer: str = "") -> Result:
        trust = ("--trust", str(self.trust.folder))
        return CliRunner().invoke(lethe, ["deployment", *words, *trust], input=answer)
