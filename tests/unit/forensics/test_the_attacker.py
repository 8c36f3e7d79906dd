"""With the keys of a run everything opens, and with none nothing: the attacker's tools work."""

import os
import socket
from pathlib import Path

import pytest
from tests.forensics.attacked_service import (
    _overheard,
    _overheard_store,
    _overheard_tickets,
    _stepped,
    tapped,
)
from tests.forensics.faults import FAULTS
from tests.forensics.keys import SOCKET_VARIABLE, DrawnKey, KeyTap, Opener, boot_us
from tests.forensics.running import SERVICES
from tests.support.forgetting import local_trust
from tests.support.pipeline import Pipeline

from lethe.alert.keystores.files import FileKeyStore
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.purge import reign
from lethe.shredding.clock import SystemClock
from lethe.shredding.trust import LocalTrust
from lethe.shredding.wrapping import UnwrapKey, wrap

CONTENT = os.urandom(5_000)


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


def test_a_frame_opens_with_the_keys_that_were_overheard_and_with_no_other(
    trust: LocalTrust,
) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()
    for role, grant in granted.items():
        pipeline.holders[role].accept(grant)
    address, sealed = pipeline.captured(CONTENT)
    drawn = [DrawnKey(bytes(key), 0) for key in pipeline.witness.entropy.drawn.values()]
    for keys, content in ((drawn, CONTENT), ([DrawnKey(os.urandom(32), 0)], None)):
        opener = Opener(keys)
        for grant in granted.values():
            opener.learn(grant)
        assert opener.open(FRAME_CAPTURED.name, address, sealed) == content


def test_every_single_use_key_and_what_it_came_from_is_looked_for(trust: LocalTrust) -> None:
    pipeline = Pipeline(trust)
    granted = pipeline.grants()
    opener = Opener([DrawnKey(bytes(k), 0) for k in pipeline.witness.entropy.drawn.values()])
    for grant in granted.values():
        opener.learn(grant)
    looked_for = b"".join(b"".join(each) for each in opener.expanded().values())
    witness = pipeline.witness
    assert witness.numbers
    assert witness.streams
    assert all(key in looked_for for key in (*witness.numbers, *witness.streams))


def test_what_purge_draws_is_overheard_and_is_what_it_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeyTap(tmp_path / "tap") as tap:
        monkeypatch.setenv(SOCKET_VARIABLE, str(tap.path))
        before = boot_us()
        with tapped() as tell, _overheard(tell):
            entropy = reign.Custodian.keywords["entropy"]  # type: ignore[attr-defined]
            drawn = [entropy(32) for _ in range(3)]
        while len(tap.keys) < len(drawn):
            tap._ended.wait(0.01)
    assert [key.key for key in tap.keys] == drawn
    assert tap.drawn_by(before) == 0
    assert tap.drawn_by(boot_us()) == len(drawn)


def test_private_keys_of_tickets_are_overheard_and_open_what_is_wrapped_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeyTap(tmp_path / "tap") as tap:
        monkeypatch.setenv(SOCKET_VARIABLE, str(tap.path))
        with tapped() as tell, _overheard_tickets(tell):
            made = UnwrapKey.generate()
        while not tap.tickets:
            tap._ended.wait(0.01)
    [drawn] = tap.tickets
    wrapped = wrap(CONTENT, made.public_key, b"binding")
    assert UnwrapKey.from_seeds(drawn.key).unwrap(wrapped, b"binding") == CONTENT


def test_keys_of_alerts_store_are_overheard_and_are_what_it_keeps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KeyTap(tmp_path / "tap") as tap:
        monkeypatch.setenv(SOCKET_VARIABLE, str(tap.path))
        with tapped() as tell, _overheard_store(tell):
            store = FileKeyStore(tmp_path / "keys")
            store.create("alert-1")
        while not tap.stored:
            tap._ended.wait(0.01)
    assert [each.key for each in tap.stored] == [store.read("alert-1").secret]


def test_a_clock_is_stepped_while_a_file_says_so(tmp_path: Path) -> None:
    clock, file = SystemClock(), tmp_path / "detect"
    with _stepped(file):
        before = clock.wall_us()
        file.write_text("3600")
        assert clock.wall_us() - before >= 3_600_000_000
        file.write_text("0")
        assert clock.wall_us() - before < 3_600_000_000


def test_every_service_is_killed_and_stopped() -> None:
    assert {f"{how}-{service}" for how in ("kill", "stop") for service in SERVICES} <= set(FAULTS)


def test_the_tap_is_private(tmp_path: Path) -> None:
    with KeyTap(tmp_path / "tap") as tap:
        assert tap.path.stat().st_mode & 0o077 == 0
        assert tap._socket.family is socket.AF_UNIX
