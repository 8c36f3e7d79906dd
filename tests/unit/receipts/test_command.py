"""`lethe-receipts` says what it found in few lines, and ends with a code that says it too."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.receipts import SIGNER, Log, a_log, file_of

from lethe.receipts import command, opening
from lethe.receipts.command import main
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.verifying import Verdict

_SOURCE = Path(__file__).parents[3] / "libs" / "receipts" / "src"
_KEY = str(SIGNER.verifier)
_WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
# Everything that isn't the standard library, this package or cryptography is out of reach.
_ALONE = """
import sys
sys.path[:0] = [sys.argv.pop(1)]
from importlib.abc import MetaPathFinder
class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        ours = name == "lethe" or name.startswith("lethe.receipts")
        allowed = {"cryptography", "cffi", "_cffi_backend"} | sys.stdlib_module_names
        if not ours and top not in allowed:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
from lethe.receipts.command import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(name="good")
def good_(tmp_path: Path) -> Path:
    file = tmp_path / "receipts.txt"
    file.write_bytes(b"".join(file_of(a_log(2))))
    return file


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Cut(Quiet):
    """Promises more than it sends."""

    def end_headers(self) -> None:
        self.close_connection = True
        super().end_headers()

    def send_header(self, keyword: str, value: str) -> None:
        more = str(int(value) + 100) if keyword == "Content-Length" else value
        super().send_header(keyword, more)


@contextmanager
def served(folder: Path, kind: type[Quiet] = Quiet) -> Iterator[str]:
    handler = partial(kind, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_good_file_ends_with_0(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(good), "--key", _KEY, "--summary"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.startswith("good: 1 log, 8 entries, 4 checkpoints signed by lethe-receipts/")
    assert "without a witness's checkpoint" in told.out
    assert "deployment d\n" in told.out
    assert "  frames     12 offered, 10 captured, 2 dropped, 6 processed" in told.out


def test_it_works_without_the_rest_of_lethe(good: Path) -> None:
    arguments = [str(_SOURCE), "verify", str(good), "--key", _KEY]
    ended = subprocess.run(
        [sys.executable, "-c", _ALONE, *arguments], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("good: ")


def test_the_key_may_be_a_file(good: Path, tmp_path: Path) -> None:
    (tmp_path / "key.vkey").write_text(_KEY + "\n")
    assert main(["verify", str(good), "--key", str(tmp_path / "key.vkey")]) == 0


def test_an_address_is_verified_as_a_file_is(good: Path, tmp_path: Path) -> None:
    with served(tmp_path) as address:
        assert main(["verify", f"{address}/{good.name}", "--key", _KEY]) == 0
        assert main(["verify", f"{address}/nothing", "--key", _KEY]) == 2


def test_a_key_in_the_file_is_not_trusted_without_saying_so(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(good)])
    assert ended.value.code == 2
    capsys.readouterr()
    assert main(["verify", str(good), "--key-in-file"]) == 0
    assert "WARNING: the key stood in the file itself" in capsys.readouterr().out


def test_what_is_refuted_ends_with_1(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good.write_bytes(good.read_bytes().replace(b'"oldest_age_ms":412', b'"oldest_age_ms":41'))
    assert main(["verify", str(good), "--key", _KEY]) == 1
    told = capsys.readouterr().out
    assert told.startswith("REFUTED: log lethe-receipts/test/purge-1/t1, checkpoint behind entry 4")
    assert told.count("\n") == 1


def test_a_witness_finds_out_what_was_cut_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = a_log(2)
    note = log.last.sign(SIGNER)
    (tmp_path / "seen.txt").write_text(str(_WITNESS.cosign(note, 1_700_000_100)))
    (tmp_path / "uncosigned.txt").write_text(str(note))
    blocks = file_of(log)
    (tmp_path / "whole.txt").write_bytes(b"".join(blocks))
    (tmp_path / "cut.txt").write_bytes(b"".join(blocks[:-3]))
    witness = ["--key", _KEY, "--witness-key", str(_WITNESS.verifier), "--witness-checkpoint"]
    seen, uncosigned = str(tmp_path / "seen.txt"), str(tmp_path / "uncosigned.txt")
    assert main(["verify", str(tmp_path / "whole.txt"), *witness, seen]) == 0
    assert main(["verify", str(tmp_path / "cut.txt"), *witness, seen]) == 1
    assert "entry 7: it is missing; a witness saw 8 entries" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "whole.txt"), *witness, uncosigned]) == 2


@pytest.mark.parametrize(
    ("environment", "closes"), [({"PYTHONIOENCODING": "ascii"}, False), ({}, True)]
)
def test_what_was_found_out_does_not_hang_on_who_listens(
    tmp_path: Path, environment: dict[str, str], closes: bool
) -> None:
    log = Log()
    log.add(log.begun(), log.order(deployment="Zürich"))
    granted = log.granted(deployment="Zürich")
    log.slots, log.at_ms = 1, log.at_ms + 200
    log.add(granted, log.closed(granted), log.minute(1, deployment="Zürich")).end()
    (tmp_path / "r.txt").write_bytes(b"".join(file_of(log)))
    arguments = [str(_SOURCE), "verify", str(tmp_path / "r.txt"), "--key", _KEY, "--summary"]
    reading, writing = os.pipe()
    if closes:
        os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-c", _ALONE, *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
        text=True,
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, "")
    if not closes:
        with os.fdopen(reading, "rb") as stream:
            assert b"deployment Z\\xfcrich\n" in stream.read()


def test_a_failure_of_the_program_is_no_refutation(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Verdict:
        raise RuntimeError("a surprise")

    monkeypatch.setattr(command, "verified", broken)
    assert main(["verify", str(good), "--key", _KEY]) == 3
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "lethe-receipts: the program failed: RuntimeError\n")


def test_an_address_may_be_written_in_capitals(good: Path, tmp_path: Path) -> None:
    with served(tmp_path) as address:
        capitals = address.replace("http", "HTTP")
        assert main(["verify", f"{capitals}/{good.name}", "--key", _KEY]) == 0


def test_a_server_is_not_listened_to_for_ever(
    good: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(opening, "_ALTOGETHER_S", -1)
    with served(tmp_path) as address:
        assert main(["verify", f"{address}/{good.name}", "--key", _KEY]) == 2
    assert "timed out" in capsys.readouterr().err


def test_an_answer_that_ends_too_early_refutes_nothing(
    good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path, Cut) as address:
        assert main(["verify", f"{address}/{good.name}", "--key", _KEY]) == 2
    assert "it ended too early" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nowhere.txt", "--key", _KEY], "nowhere.txt: No such file"),
        (["README", "--key", _KEY], "this is no file of receipts"),
        (["good", "--key", "nonsense"], "'nonsense': no verifier key"),
        (["good", "--key", "receipts.vkey"], "no file of that name is there"),
        (["good", "--key", "README"], "it reads name+hash+base64"),
        (["good", "--key", "x" * 5_000], "no verifier key"),
        (["good", "--key", str(_WITNESS.verifier)], "no key of a log"),
        (["good", "--key", _KEY, "--witness-key", _KEY], "is no key of a witness"),
        (["good", "--key", _KEY, "--witness-checkpoint", "README"], "no signed note"),
        (["good", "--key-in-file", "--witness-checkpoint", "README"], "needs --key"),
        (["http://127.0.0.1:1/x", "--key", _KEY], "http://127.0.0.1:1/x: "),
        (["http://[/", "--key", _KEY], "no address that can be used"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(
    good: Path,
    arguments: list[str],
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(good.parent)
    good.rename("good")
    Path("README").write_text("This is something else.\n")
    assert main(["verify", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("lethe-receipts: ")
    assert told.err.count("\n") == 1
    assert why in told.err
