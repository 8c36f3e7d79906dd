"""What a camera is set to is held against its order, and its order is asked for when it matters."""

from pathlib import Path

import pytest
import structlog
from tests.support.house import House, camera_of

from lethe.shredding.orders import HeldOrder


async def test_a_camera_that_is_set_otherwise_is_told_once_and_told_again_if_it_is_so_again(
    house: House, tmp_path: Path
) -> None:
    genuine, otherwise = camera_of(tmp_path), camera_of(tmp_path, deployment_id="deployment-0")
    await house.prepare(otherwise)
    with structlog.testing.capture_logs() as lines:
        for camera, told in ((otherwise, 1), (genuine, 1), (otherwise, 2)):
            house.cameras.assign(camera)
            await house.look()
            await house.look()
            warned = [line for line in lines if line["event"].endswith("otherwise than ordered")]
            assert len(warned) == told


async def test_no_order_is_asked_for_of_a_camera_that_is_not_this_instances_to_run(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    live_order = house.path.book.live_order

    def seen(lane: str, wall_us: int) -> HeldOrder | None:
        asked.append(lane)
        return live_order(lane, wall_us)

    await house.prepare(camera_of(tmp_path, withdrawn=True))
    monkeypatch.setattr(house.path.book, "live_order", seen)
    assert not await house.look()
    house.cameras.assign(camera_of(tmp_path))
    house.cameras.owned = frozenset()
    assert not await house.look()
    assert asked == []
