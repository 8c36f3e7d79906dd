"""`lethe receipts` collects what purge wrote, and says what it comes to."""

import errno
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.receipts import START_MS, Log, file_of

from lethe.cli.__main__ import lethe
from lethe.cli.home import Home
from lethe.cli.receipts.exporting import find_logs
from lethe.cli.receipts.keys import receipts_verifier
from lethe.cli.setting_up import _receipts_key
from lethe.contracts.errors import InvalidInput
from lethe.receipts.cosignatures import Cosigner
from lethe.receipts.cosigned import add_cosigned
from lethe.receipts.exports import header
from lethe.receipts.notes import NoteSigner
from lethe.receipts.verifying import Verifier
from lethe.shredding import roster
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.roster import create_local_trust, create_receipts_key


@dataclass
class Desk:
    """A machine that is set up, and a folder of a run on it."""

    home: Home
    data: Path
    signer: NoteSigner

    def log(
        self,
        term: str,
        instance: str = "purge-1",
        *,
        signed: bool = True,
        number: int = 1,
        **chosen: Any,
    ) -> Log:
        """Write the log of a term as purge keeps it."""
        log = Log(term=term, instance=instance, signer=self.signer, **chosen)
        log.begin().slot().slot().sign()
        if not signed:
            log.slot()
        folder = self.data / instance / "receipts"
        folder.mkdir(parents=True, exist_ok=True)
        content = header([self.signer.verifier]) + b"".join(log.lines())
        (folder / f"{number:06}-{term}.receipts").write_bytes(content)
        return log

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(lethe, ["receipts", *words])


@pytest.fixture(name="desk")
def desk_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    home = Home(tmp_path / "home")
    create_local_trust(home.trust, wall_us=time.time_ns() // 1000)
    monkeypatch.setenv("LETHE_HOME", str(home.folder))
    private_key = read_private_key(home.trust / "keys" / "receipts.key")
    name = receipts_verifier(home).name
    return Desk(home, tmp_path / "data", NoteSigner(name, private_key))


def test_what_was_exported_is_verified_with_this_machines_key(desk: Desk) -> None:
    desk.log("t1")
    desk.log("t2", "purge-2")
    file = desk.data / "all.txt"
    told = desk.run("export", str(file), "--data", str(desk.data))
    assert told.exit_code == 0
    assert "12 entries; logs: 2" in told.output
    assert str(desk.signer.verifier) in told.output
    verified = desk.run("verify", str(file), "--summary")
    assert verified.exit_code == 0
    assert verified.output.startswith("good: 2 logs, 12 entries, 2 checkpoints signed by")
    assert "deployment d" in verified.output
    assert sorted(path.name for path in desk.data.iterdir()) == ["all.txt", "purge-1", "purge-2"]


def test_cosignatures_that_alert_keeps_stand_in_the_export(desk: Desk) -> None:
    log = desk.log("t1")
    desk.log("t2", "purge-2")
    cosigner = Cosigner("witness.example/w1", Ed25519PrivateKey.generate())
    copies = desk.data / "alert" / "receipts" / "of-alert-1"
    copies.mkdir(parents=True)
    add_cosigned(copies / "000001-a.cosigned", cosigner.cosign(log.last.sign(desk.signer), 1))
    file = desk.data / "all.txt"
    assert desk.run("export", str(file), "--data", str(desk.data)).exit_code == 0
    verified = desk.run("verify", str(file), "--witness-key", str(cosigner.verifier))
    assert verified.exit_code == 0, verified.output
    assert "cosignatures of the witnesses that were named: 1" in verified.output


def test_a_witness_that_can_not_run_is_one_line(desk: Desk) -> None:
    words = ["--data", str(desk.data), "--name", "two words", "--log-key", "x"]
    told = CliRunner().invoke(lethe, ["witness", *words])
    assert "the name of a witness has no spaces" in str(told.exception)


def test_a_witness_is_named_by_address_and_key(desk: Desk) -> None:
    told = CliRunner().invoke(lethe, ["up", "--witness", str(desk.signer.verifier)])
    assert told.exit_code == 2
    assert "a witness is named as 'ADDRESS KEY'" in told.output


def test_entries_that_are_not_signed_yet_are_left_out_and_that_is_said(desk: Desk) -> None:
    desk.log("t1", signed=False)
    file = desk.data / "all.txt"
    told = desk.run("export", str(file), "--data", str(desk.data))
    assert "6 entries; logs: 1" in told.output
    assert "2 entries were too new to be signed" in told.output
    assert desk.run("verify", str(file)).exit_code == 0


def test_logs_stay_in_order_though_a_clock_was_set_back_between_them(desk: Desk) -> None:
    first = desk.log("t1", at_ms=START_MS + 2_000_000)
    desk.log("t2", number=2, follows=first.last)
    desk.log("t3", "purge-2", at_ms=START_MS + 3_000_000)
    told = desk.run("show", "--data", str(desk.data))
    assert told.exit_code == 0, told.output
    names = [each.file.path.name for each in find_logs(desk.data, lambda _name: None)]
    assert names == ["000001-t1.receipts", "000002-t2.receipts", "000001-t3.receipts"]


def test_the_summary_of_a_run_is_shown(desk: Desk) -> None:
    desk.log("t1")
    told = desk.run("show", "--data", str(desk.data))
    assert told.exit_code == 0
    for line in ("2 granted, 2 closed, 8 keys", "412 ms from capture", "10 captured, 2 dropped"):
        assert line in told.output


def test_a_falsified_log_is_refuted_by_both(desk: Desk) -> None:
    desk.log("t1")
    path = desk.data / "purge-1" / "receipts" / "000001-t1.receipts"
    path.write_bytes(path.read_bytes().replace(b'"lost":1', b'"lost":0', 1))
    for words in (("show", "--data", str(desk.data)), ("verify", str(path))):
        told = desk.run(*words)
        assert told.exit_code == 1
        assert "REFUTED: log " in told.output
        assert "entry 4: 5 frames captured, but 4 ended" in told.output


def test_the_program_ends_with_the_code_that_says_what_was_found_out(desk: Desk) -> None:
    desk.log("t1")
    path = desk.data / "purge-1" / "receipts" / "000001-t1.receipts"
    command = [sys.executable, "-m", "lethe.cli", "receipts", "verify", str(path)]
    codes = [subprocess.run(command, capture_output=True, check=False).returncode]
    path.write_bytes(path.read_bytes().replace(b'"lost":1', b'"lost":0', 1))
    codes.append(subprocess.run(command, capture_output=True, check=False).returncode)
    path.unlink()
    codes.append(subprocess.run(command, capture_output=True, check=False).returncode)
    assert codes == [0, 1, 2]


def test_a_program_that_fails_says_so_and_not_that_a_log_is_refuted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("not foreseen")

    desk.log("t1")
    monkeypatch.setattr(Verifier, "verify", broken)
    told = desk.run("show", "--data", str(desk.data))
    assert told.exit_code == 3
    assert "RuntimeError" in told.output
    assert "not foreseen" not in told.output


def test_a_file_of_another_key_is_refuted_unless_that_is_pinned(desk: Desk, tmp_path: Path) -> None:
    other = NoteSigner("lethe-receipts/other", Ed25519PrivateKey.generate())
    file = tmp_path / "other.txt"
    file.write_bytes(b"".join(file_of(Log(signer=other).begin().sign())))
    assert desk.run("verify", str(file)).exit_code == 1
    assert desk.run("verify", str(file), "--key", str(other.verifier)).exit_code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("export", "all.txt"), "no receipts under"),
        (("show", "--data", "."), "no receipts under"),
        (("verify", "nowhere.txt"), "No such file"),
        (("verify", "nowhere.txt", "--key", "nonsense"), "no verifier key"),
    ],
)
def test_bad_input_is_told_in_one_line(
    desk: Desk, words: tuple[str, ...], why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = desk.run(*words)
    assert isinstance(told.exception, InvalidInput)
    assert why in str(told.exception)


def test_an_export_that_can_not_be_written_leaves_nothing(desk: Desk) -> None:
    desk.log("t1")
    folder = desk.data / "folder"
    folder.mkdir()
    told = desk.run("export", str(folder), "--data", str(desk.data))
    assert isinstance(told.exception, InvalidInput)
    assert sorted(path.name for path in desk.data.iterdir()) == ["folder", "purge-1"]


def test_a_log_without_a_checkpoint_is_not_exported_yet(desk: Desk) -> None:
    log = desk.log("t1")
    path = desk.data / "purge-1" / "receipts" / "000001-t1.receipts"
    os.truncate(path, path.stat().st_size - len(log.blocks[-1]))
    with pytest.raises(InvalidInput, match="no checkpoint yet"):
        find_logs(desk.data, lambda _name: None)


def test_setting_up_makes_a_key_once_and_says_its_public_half(desk: Desk) -> None:
    said: list[str] = []
    _receipts_key(desk.home, said.append)
    _receipts_key(desk.home, said.append)
    assert said == [f"receipts will be signed by {desk.signer.verifier}"]
    assert desk.home.receipts_verifier.read_text() == f"{desk.signer.verifier}\n"
    secret = desk.home.trust / "keys" / "receipts.key"
    assert secret.stat().st_mode & 0o777 == 0o600
    secret.unlink()
    _receipts_key(desk.home, said.append)
    assert len(said) == 2


def test_a_key_that_was_not_written_whole_is_made_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = desk.home.trust / "keys" / "receipts.key"
    secret.unlink()

    def torn(file: Path, _private_key: Ed25519PrivateKey) -> None:
        file.write_text("ab")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(roster, "write_private_key", torn)
        with pytest.raises(OSError, match="No space left"):
            create_receipts_key(desk.home.trust)
    create_receipts_key(desk.home.trust)
    assert read_private_key(secret)
