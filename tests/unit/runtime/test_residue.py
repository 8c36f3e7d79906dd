"""What a process frees can't be found in its memory, and every service is started so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.forensics.looking import in_process
from tests.forensics.searching import Found, Index
from tests.forensics.windows import Kind, cut
from tools.compose.file import load_document

from lethe.runtime.residue import WITHOUT_RESIDUE, starts_without_residue

ROOT = Path(__file__).parents[3]
# Of every way in which glibc and Python allocate: small, cached, large, mapped on its own.
_SIZES = (48, 200, 500, 1_000, 30_000, 200_000)
_FREES = """
import os, signal, sys
sizes = [int(size) for size in sys.argv[1:]]
secret, read = bytearray(max(sizes)), 0
while read < len(secret):
    read += os.readv(0, [memoryview(secret)[read:]])
copies = [bytes(secret[:size]) for size in sizes for _ in range(3)]
copies.clear()
secret[:] = bytes(len(secret))
print("freed", flush=True)
signal.pause()
"""


def left_in_memory(environment: dict[str, str]) -> Found:
    secret = os.urandom(max(_SIZES))
    with subprocess.Popen(
        [sys.executable, "-c", _FREES, *map(str, _SIZES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | environment,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(secret)
        process.stdin.close()
        assert process.stdout.readline() == b"freed\n"
        try:
            return in_process(Index([cut(Kind.KEY, secret, 0)]), process.pid, born_by=0)
        finally:
            process.kill()


def test_what_is_freed_is_overwritten() -> None:
    assert not left_in_memory(WITHOUT_RESIDUE)


def test_without_the_environment_it_is_found() -> None:
    assert left_in_memory(dict.fromkeys(WITHOUT_RESIDUE, ""))


def test_a_process_knows_whether_it_was_started_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in WITHOUT_RESIDUE:
        monkeypatch.delenv(name, raising=False)
    assert not starts_without_residue()
    for name, value in WITHOUT_RESIDUE.items():
        monkeypatch.setenv(name, value)
    assert starts_without_residue()
    monkeypatch.setenv(
        "GLIBC_TUNABLES", f"{WITHOUT_RESIDUE['GLIBC_TUNABLES']}:glibc.malloc.hugetlb=1"
    )
    assert starts_without_residue()
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.perturb=165")
    assert not starts_without_residue()


def test_images_and_compose_start_services_so() -> None:
    image = (ROOT / "Dockerfile").read_text()
    common = load_document({})["x-environment"]
    for name, value in WITHOUT_RESIDUE.items():
        assert f"{name}={value}" in image
        assert common[name] == value
