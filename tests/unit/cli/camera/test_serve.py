"""`lethe camera serve` as a process: what watches it sees the recording, and it ends in order."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.support.clips import write_clip
from tests.support.reading import Reading

from lethe.contracts.orders import CameraAssigned
from lethe.ingest.opening import SourceOpener
from lethe.ingest.sources import Source

COMMAND = [sys.executable, "-m", "lethe.cli", "camera", "serve", "--port", "0"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "hall.mp4", frames=12)


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Serve until the block ends; give the address of the first file."""
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
            process.send_signal(signal.SIGINT)
            assert process.wait() == 0
        finally:
            process.kill()


def source_of(address: str) -> Source:
    return SourceOpener().open(
        CameraAssigned(camera_id="hall", deployment_id="deployment-1", source=address)
    )


def refused(*arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    return line


def test_everybody_who_watches_sees_the_recording_again_and_again(clip: Path) -> None:
    with served(str(clip), "--max-fps", "50") as address:
        with Reading(source_of(address)) as one, Reading(source_of(address)) as other:
            one.until_pictures(15)
            other.until_pictures(15)
        assert one.images[0][:2].tobytes() == b"\xff\xd8"
        assert len({image.tobytes() for image in one.images}) > 3, "it stands still"
        base, _, _ = address.rpartition("/")
        assert httpx.get(f"{base}/readyz").status_code == 200
        assert httpx.get(f"{base}/nobody").status_code == 404


def test_an_end_waits_for_nobody_who_watches(clip: Path) -> None:
    with ExitStack() as watching, served(str(clip)) as address:
        answer = watching.enter_context(httpx.stream("GET", address))
        next(answer.iter_bytes())
    assert answer.is_success


def test_what_cannot_be_served_is_one_line(clip: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    assert "isn't a video that can be read" in refused(str(broken))
    (tmp_path / "other").mkdir()
    twin = write_clip(tmp_path / "other" / "hall.mp4", frames=2)
    assert "two files have one name" in refused(str(clip), str(twin))
    assert "can't be served" in refused(str(clip), "--host", "192.0.2.1")
