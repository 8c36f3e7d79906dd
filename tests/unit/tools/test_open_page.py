"""The page that tests and the bench keep open: it resumes by sequence, and notices repetitions."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tools.open_page import OpenPage
from tools.running import wait_until
from websockets.sync.server import ServerConnection, serve


class Stream:
    """A stand-in for alert that sends given sequences to each connection, then hangs up."""

    def __init__(self, *connections: list[int]) -> None:
        self.asked: list[int] = []
        self._connections = iter(connections)

    def talk(self, socket: ServerConnection) -> None:
        self.asked.append(json.loads(socket.recv())["after"])
        sequences = next(self._connections, None)
        if sequences is None:
            # Silent until the page closes.
            for _ in socket:
                pass
            return
        socket.send(json.dumps({"type": "hello", "log": "log-1"}))
        for sequence in sequences:
            socket.send(json.dumps({"type": "alert", "alert": an_alert(sequence)}))


def an_alert(sequence: int) -> dict[str, object]:
    captured = datetime.now(UTC) - timedelta(seconds=2)
    return {
        "sequence": sequence,
        "alert_id": f"alert-{sequence}",
        "captured_at": captured.isoformat(timespec="milliseconds"),
    }


@contextmanager
def page_on(stream: Stream) -> Iterator[OpenPage]:
    """Serve a stream, and open a page that ends once it was hung up on for the last time."""
    with serve(stream.talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.socket.getsockname()[1]
            with OpenPage(f"http://127.0.0.1:{port}", lambda: "token") as page:
                yield page
        finally:
            server.shutdown()
            thread.join()


def test_it_resumes_after_the_last_alert_that_it_has() -> None:
    stream = Stream([1, 2], [3])
    with page_on(stream) as page:
        wait_until(lambda: len(stream.asked) == 3)
    assert stream.asked == [0, 2, 3]
    assert [alert.alert_id for alert in page.shown] == ["alert-1", "alert-2", "alert-3"]
    assert (page.connections, page.repeated, page.logs) == (3, [], {"log-1"})


def test_it_shows_no_alert_twice_and_says_that_one_was_repeated() -> None:
    stream = Stream([1, 2], [2, 3, 1])
    with page_on(stream) as page:
        wait_until(lambda: len(stream.asked) == 3)
    assert [alert.sequence for alert in page.shown] == [1, 2, 3]
    assert page.repeated == [2, 1]


def test_an_alert_is_as_old_as_its_capture_when_it_comes() -> None:
    stream = Stream([1])
    with page_on(stream) as page:
        wait_until(lambda: len(stream.asked) == 2)
    assert page.shown[0].after_capture_ms >= 2_000
