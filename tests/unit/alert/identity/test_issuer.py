"""Where the issuer's keys come from."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from lethe.alert.identity.issuer import keys_in, keys_of, require_issuer_address
from lethe.contracts.errors import InvalidInput, Transient

KEY_SET = {"keys": [{"kty": "OKP"}]}
DISCOVERY = "/realm/.well-known/openid-configuration"


@contextmanager
def serving(answers: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    """Serve fixed answers by path; status 302 leads to its body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, b""))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body.decode())
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def document(address: str, **changed: object) -> tuple[int, bytes]:
    said = {"issuer": f"{address}/realm", "jwks_uri": f"{address}/keys"} | changed
    return 200, json.dumps(said).encode()


async def test_keys_are_found_by_discovery() -> None:
    answers = {"/keys": (200, json.dumps(KEY_SET).encode())}
    with serving(answers) as address:
        answers[DISCOVERY] = document(address)
        assert await keys_of(f"{address}/realm")() == KEY_SET


@pytest.mark.parametrize(
    "changed", [{"issuer": "https://other.example"}, {"jwks_uri": None}, {"jwks_uri": "ftp://x/k"}]
)
async def test_a_document_of_another_issuer_or_without_keys_is_none(
    changed: dict[str, object],
) -> None:
    answers: dict[str, tuple[int, bytes]] = {"/keys": (200, json.dumps(KEY_SET).encode())}
    with serving(answers) as address:
        answers[DISCOVERY] = document(address, **changed)
        with pytest.raises(Transient):
            await keys_of(f"{address}/realm")()


@pytest.mark.parametrize(
    "answer", [(500, b"{}"), (200, b"nothing"), (200, b"[]"), (200, b'"' + b"x" * 300_000 + b'"')]
)
async def test_an_answer_that_is_none_is_told_as_unavailable(answer: tuple[int, bytes]) -> None:
    answers = {"/keys": answer}
    with serving(answers) as address:
        answers[DISCOVERY] = document(address)
        with pytest.raises(Transient):
            await keys_of(f"{address}/realm")()


async def test_an_issuer_that_sends_elsewhere_is_not_followed() -> None:
    answers = {"/keys": (302, b"/other"), "/other": (200, json.dumps(KEY_SET).encode())}
    with serving(answers) as address:
        answers[DISCOVERY] = document(address)
        with pytest.raises(Transient):
            await keys_of(f"{address}/realm")()


@pytest.mark.parametrize("address", ["http://issuer.example", "lethe-local", "https://", "ftp://x"])
def test_an_issuer_that_others_could_answer_for_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="https"):
        require_issuer_address(address)


@pytest.mark.parametrize("address", ["https://issuer.example/realm", "http://127.0.0.1:9000"])
def test_an_https_issuer_and_one_of_this_machine_will_do(address: str) -> None:
    require_issuer_address(address)


async def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "tokens.jwks"
    with pytest.raises(Transient):
        await keys_in(file)()
    file.write_text(json.dumps(KEY_SET))
    assert await keys_in(file)() == KEY_SET
