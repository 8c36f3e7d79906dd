"""The rules of the suite itself, on small suites that break them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.support.leftovers import LeftRunning, nothing_left_running
from tests.support.network import is_local

_ROOT = Path(__file__).parents[3]
# A grandchild whose parent ends at once: an orphan that says when it runs.
_ORPHANED = """
import subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE,
)
child.stdout.readline()
"""


def run_suite(folder: Path, content: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on one test file under the rules of this suite."""
    (folder / "test_it.py").write_text(content)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.suite", "-q", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "content",
    [
        "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test_it(): pass\n",
        "import pytest\n\ndef test_it(): pytest.skip('no camera')\n",
        "import pytest\n\npytest.importorskip('nothing_of_this_name')\n\ndef test_it(): pass\n",
        "import unittest\n\nclass T(unittest.TestCase):\n  def test_it(self): self.skipTest('')\n",
    ],
    ids=["a marker", "inside the test", "a whole module", "unittest"],
)
def test_a_skipped_test_fails_the_run(tmp_path: Path, content: str) -> None:
    ended = run_suite(tmp_path, content)
    assert ended.returncode != 0
    assert "proves nothing" in ended.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    content = "import pytest\n\n@pytest.mark.xfail\ndef test_it(): assert False\n"
    assert run_suite(tmp_path, content).returncode == 0


def test_a_folder_without_tests_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ended = run_suite(tmp_path, "def test_it(): pass\n", "test_it.py", "empty")
    assert ended.returncode != 0
    assert "empty has no test" in ended.stderr


_WITH_DATA = """
import pytest

@pytest.mark.needs_data("faces", "faces of other people")
def test_with_data(): pass

def test_without(): pass
"""


def test_a_test_without_its_data_is_not_collected(tmp_path: Path) -> None:
    ended = run_suite(tmp_path, _WITH_DATA)
    assert (ended.returncode, "1 passed, 1 deselected" in ended.stdout) == (0, True)


def test_a_test_with_its_data_is_run(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    assert "2 passed" in run_suite(tmp_path, _WITH_DATA).stdout


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", b"::1", ""])
def test_this_machine_is_local(host: str | bytes) -> None:
    assert is_local(host)


@pytest.mark.parametrize("host", ["example.org", "192.0.2.1", "2001:db8::1", "10.0.0.1"])
def test_other_machines_are_not_local(host: str) -> None:
    assert not is_local(host)


def test_a_test_that_leaves_the_machine_is_stopped_and_remembered() -> None:
    # In a process of its own: here the suite's own watch would fail this test.
    program = f"""
import socket, sys
sys.path.insert(0, {str(_ROOT)!r})
from tests.support.network import LeftTheMachine, NetworkWatch
watch = NetworkWatch()
watch.install()
refused = 0
for act in (
    lambda: socket.create_connection(("192.0.2.1", 80)),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9)),
    lambda: socket.getaddrinfo("example.org", 80),
):
    try:
        act()
    except LeftTheMachine:
        refused += 1
print(refused, len(watch.take()), len(watch.take()))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["3", "3", "0"]


def test_loopback_and_local_sockets_are_left_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "s"))


def test_an_orphan_that_is_left_running_is_found_and_killed() -> None:
    with pytest.raises(LeftRunning, match=r"time\.sleep"), nothing_left_running(grace_s=0.1):
        subprocess.run([sys.executable, "-c", _ORPHANED], check=True)
    assert not any("time.sleep(600)" in str(p.cmdline()) for p in psutil.Process().children())


def test_a_process_that_has_ended_is_not_left_running() -> None:
    with nothing_left_running():
        subprocess.run([sys.executable, "-c", ""], check=True)
