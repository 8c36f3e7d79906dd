"""A page that stays open: one websocket client that resumes by sequence, as alert's page does."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_AGAIN_S = 0.25
_LOOK_UP_S = 0.5


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert as it came to the page.

    Attributes
    ----------
    after_capture_ms
        From the capture, as the alert tells it, until the message was in hand, by the wall clock
        of the machine that both are on. The alert tells whole milliseconds, rounded down.
    """

    sequence: int
    alert_id: str
    after_capture_ms: float


class OpenPage:
    """Stays connected to the alert stream until the block ends, in a thread of its own.

    Parameters
    ----------
    token
        Returns a bearer token that counts now.

    Attributes
    ----------
    shown
        The alerts that came, in the order in which they came.
    repeated
        Sequences that came although they, or later ones, had come before.
    gaps
        What the stream said it doesn't keep any more.
    logs
        Names of the alert logs that it heard of.
    connections
        How often it was connected.
    """

    def __init__(self, alert_url: str, token: Callable[[], str]) -> None:
        self._token = token
        self._address = alert_url.replace("http", "ws", 1) + "/api/v1/alerts/stream"
        self._last = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._stay, name="open-page")
        self.shown: list[Shown] = []
        self.repeated: list[int] = []
        self.gaps: list[dict[str, Any]] = []
        self.logs: set[str] = set()
        self.connections = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _stay(self) -> None:
        while not self._closing.is_set():
            try:
                with connect(self._address, proxy=None) as socket:
                    self.connections += 1
                    self._listen(socket)
            except (OSError, WebSocketException):
                # Nobody leads, or whoever led is gone: as the page does, it comes again.
                self._closing.wait(_AGAIN_S)

    def _listen(self, socket: ClientConnection) -> None:
        socket.send(json.dumps({"after": self._last, "token": self._token()}))
        while not self._closing.is_set():
            try:
                text = socket.recv(_LOOK_UP_S)
            except TimeoutError:
                continue
            self._receive(socket, json.loads(text), time.time())

    def _receive(self, socket: ClientConnection, message: dict[str, Any], at_s: float) -> None:
        match message["type"]:
            case "hello":
                self.logs.add(message["log"])
            case "alert":
                self._take(message["alert"], at_s)
            case "gap":
                self.gaps.append(message)
                self._last = message["sequence"]
            case "caught-up":
                socket.send(json.dumps({"delivered": message["sequence"]}))

    def _take(self, alert: dict[str, Any], at_s: float) -> None:
        sequence = int(alert["sequence"])
        if sequence <= self._last:
            self.repeated.append(sequence)
            return
        self._last = sequence
        captured_s = datetime.fromisoformat(alert["captured_at"]).timestamp()
        self.shown.append(Shown(sequence, alert["alert_id"], 1_000 * (at_s - captured_s)))
