"""A camera whose source can't be opened is told, and holds up no other."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import pytest
from tests.support.clips import striped
from tests.support.house import House, camera_at, camera_of

from lethe.contracts.orders import CameraAssigned
from lethe.ingest.opening import SourceOpener
from lethe.ingest.sources import Source, SourceUnavailable


async def test_a_camera_whose_source_hangs_holds_up_no_other(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()

    def hang(_opener: SourceOpener, _camera: CameraAssigned) -> Source:
        hanging.wait()
        raise SourceUnavailable("it hung")

    monkeypatch.setattr(SourceOpener, "open", hang)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    await house.prepare(camera_of(tmp_path))
    assert await house.look()
    try:
        # The one thread that seals is free, and so is the one that everything else shares.
        assert await asyncio.wait_for(house.cameras._threads.run(lambda: "free"), 20) == "free"
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), 20) == "free"
    finally:
        hanging.set()


@pytest.mark.parametrize(
    ("name", "reason"), [("missing.mp4", "doesn't exist"), ("text.mp4", "text.mp4")]
)
async def test_a_source_that_cannot_be_opened_is_told_with_its_fault_once(
    house: House, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    await house.prepare(camera_of(tmp_path / name))
    await house.look()
    await house.until_over()
    [closed] = house.counts
    assert closed.ended
    assert closed.fault is not None
    assert reason in closed.fault
    assert "\n" not in closed.fault
    assert not await house.look()
    assert house.counts == [closed]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"max_fps": 0}, "reading the source failed: ValueError"),
        ({"source": "9" * 300}, "can't be read"),
    ],
)
async def test_settings_that_nobody_foresaw_end_their_own_camera_only(
    house: House, tmp_path: Path, settings: dict[str, object], reason: str
) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), striped(120))
    await house.prepare(camera_of(tmp_path).model_copy(update=settings))
    await house.look()
    await house.until_over()
    [closed] = house.counts
    assert closed.ended
    assert closed.fault is not None
    assert reason in closed.fault


async def test_a_live_camera_whose_address_is_wrong_fails_with_its_line(house: House) -> None:
    await house.prepare(camera_at("gopher://gate/"))
    await house.look()
    await house.until_over()
    [closed] = house.counts
    assert closed.fault is not None
    assert "gopher:// sources aren't read" in closed.fault
