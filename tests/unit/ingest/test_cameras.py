"""A camera runs while this instance owns it, an order covers it and a key is in hand."""

import asyncio
from pathlib import Path

import cv2
import pytest
from tests.support.brokers import eventually
from tests.support.clips import striped, write_clip
from tests.support.forgetting import CAMERA
from tests.support.house import IN_FLIGHT, OWNED, House, camera_at, camera_of, report_of
from tests.support.rtsp_camera import RtspCamera

from lethe.contracts.keys import Role
from lethe.contracts.live import SlotClosed
from lethe.contracts.orders import CameraAssigned, camera_hash
from lethe.contracts.topic import partition_for
from lethe.ingest.capture import SealedFrame
from lethe.runtime.threads import Threads
from lethe.shredding.trust import LocalTrust

PICTURES = IN_FLIGHT


@pytest.fixture(scope="module", name="stills")
def stills_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stills")
    for number in range(PICTURES):
        cv2.imwrite(str(folder / f"{number}.png"), striped(120 + 20 * number))
    return folder


async def test_a_camera_starts_only_when_owned_ordered_and_with_a_key(
    house: House, stills: Path
) -> None:
    assert not await house.look()
    house.cameras.assign(camera_of(stills))
    assert not await house.look()
    house.cameras.owned = OWNED
    assert not await house.look(), "started without a key"
    house.cameras.owned = frozenset({(partition_for(CAMERA) + 1) % 8})
    house.path.run_slot()
    assert not await house.look(), "started although another owns it"
    house.cameras.owned = OWNED
    assert await house.look()
    await house.until_frames(1)


async def test_a_camera_does_not_start_outside_its_order(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills))
    house.path.end_order()
    assert not await house.look()


async def test_a_withdrawn_camera_does_not_start(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, withdrawn=True))
    assert not await house.look()


async def test_settings_of_another_deployment_start_nothing(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, deployment_id="deployment-0"))
    assert not await house.look()
    house.cameras.assign(camera_of(stills))
    assert await house.look()
    house.cameras.assign(camera_of(stills, deployment_id="deployment-0", masks=[]))
    assert not await house.look()


@pytest.mark.parametrize("tampered", [{"masks": []}, {"zone": None}, {"max_fps": 60.0}])
async def test_a_camera_that_is_set_otherwise_than_it_was_signed_starts_nothing(
    trust: LocalTrust, threads: Threads, stills: Path, tampered: dict[str, object]
) -> None:
    corner = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3)]
    genuine = camera_of(stills, masks=[corner], zone=corner)
    house = House(trust, threads, camera_hashes={CAMERA: camera_hash(genuine)})
    await house.prepare(CameraAssigned.model_validate(genuine.model_dump() | tampered))
    assert not await house.look()
    house.cameras.assign(genuine)
    assert await house.look()
    await house.cameras._stop(CAMERA)


async def test_footage_is_sent_whole_and_its_end_is_told_last(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills))
    assert await house.look()
    await house.until_over()
    assert len(house.frames) == PICTURES
    last = house.told[-1]
    assert isinstance(last, SlotClosed)
    assert (last.ended, last.fault) == (True, None)
    assert sum(len(closed.captured) for closed in house.counts) == PICTURES
    assert sum(closed.offered for closed in house.counts) == PICTURES


async def test_footage_that_ended_is_not_begun_again_until_it_is_assigned_anew(
    house: House, stills: Path
) -> None:
    await house.prepare(camera_of(stills))
    await house.look()
    await house.until_over()
    assert not await house.look()
    house.cameras.assign(camera_of(stills, jpeg_quality=70))
    assert await house.look()


async def _runs(house: House) -> None:
    assert await house.look()
    await house.until_frames(1)
    assert not any(closed.ended for closed in house.counts)


async def test_a_camera_stops_when_its_order_ends_and_is_not_told_as_ended(
    house: House, stills: Path
) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await _runs(house)
    house.path.end_order()
    assert not await house.look()
    assert not any(closed.ended for closed in house.counts)
    sent = len(house.frames)
    assert not await house.look()
    assert len(house.frames) == sent


async def test_a_camera_stops_when_its_ownership_is_lost_and_starts_when_it_is_back(
    house: House, stills: Path
) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await _runs(house)
    house.cameras.owned = frozenset()
    assert not await house.look()
    assert not any(closed.ended for closed in house.counts)
    house.cameras.owned = OWNED
    sent = len(house.frames)
    assert await house.look()
    await house.until_frames(sent + 1)


async def test_a_camera_stops_when_it_is_withdrawn(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await _runs(house)
    house.cameras.assign(camera_of(stills, loop=True, withdrawn=True))
    assert not await house.look()


async def test_a_camera_with_new_settings_is_started_anew(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await _runs(house)
    before, _ = house.cameras._running[CAMERA]
    house.cameras.assign(camera_of(stills, loop=True, jpeg_quality=50))
    assert await house.look()
    after, _ = house.cameras._running[CAMERA]
    assert (before is after, after.camera.jpeg_quality) == (False, 50)
    assert before._reader is not None
    assert before._reader.join(0), "its thread still reads"


async def test_a_running_camera_goes_on_while_no_key_is_in_hand(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await _runs(house)
    house.path.time.advance_ms(800)
    house.path.holders[Role.INGEST].reap()
    assert await house.look()
    sent = len(house.frames)
    house.path.run_slot()
    house.path.time.advance_ms(300)
    house.path.run_slot()
    await house.until_frames(sent + 1)


def damaged(clip: Path) -> Path:
    """Overwrite some of a clip's pictures."""
    body = bytearray(clip.read_bytes())
    middle = body.index(b"mdat") + (len(body) - body.index(b"mdat")) // 3
    body[middle : middle + 3000] = bytes(range(250)) * 12
    clip.write_bytes(body)
    return clip


async def test_damaged_footage_is_told_with_its_fault(house: House, tmp_path: Path) -> None:
    await house.prepare(camera_of(damaged(write_clip(tmp_path / "clip.mp4"))))
    await house.look()

    running, task = house.cameras._running[CAMERA]
    while not task.done():
        for sealed in house.frames:
            house.cameras.on_report(report_of(sealed.address))
        await asyncio.wait([task], timeout=0.01)
    await house.look()
    assert house.counts[-1].ended
    assert house.counts[-1].fault is not None
    assert "couldn't be decoded" in house.counts[-1].fault
    assert running.fault == house.counts[-1].fault
    garbled = sum(closed.garbled for closed in house.counts)
    assert running.fault.startswith(f"{garbled} of its pictures")


async def test_damaged_footage_that_loops_is_told_while_it_runs(
    house: House, tmp_path: Path
) -> None:
    await house.prepare(camera_of(damaged(write_clip(tmp_path / "clip.mp4")), loop=True))
    await _runs(house)

    _, task = house.cameras._running[CAMERA]
    while not any(closed.garbled for closed in house.counts):
        for sealed in house.frames:
            house.cameras.on_report(report_of(sealed.address))
        await asyncio.wait([task], timeout=0.01)
        assert await house.look()
    assert not any(closed.ended for closed in house.counts)


async def test_no_more_frames_are_in_flight_than_may_be(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, loop=True))
    await house.look()
    running, _ = house.cameras._running[CAMERA]
    assert running.flow is not None
    for reported in range(4):
        await house.until_frames(PICTURES + reported)
        assert len(running.flow._in_flight) == PICTURES
        assert len(house.frames) == PICTURES + reported
        house.cameras.on_report(report_of(house.frames[reported].address))
    house.cameras.on_report(
        report_of(house.frames[0].address.model_copy(update={"lane": "another"}))
    )


async def test_run_stops_its_cameras_when_it_is_cancelled(house: House, stills: Path) -> None:
    await house.prepare(camera_of(stills, loop=True))
    running = asyncio.create_task(house.cameras.run())
    await house.until_frames(1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not house.runs
    assert sum(len(closed.captured) for closed in house.counts) >= len(house.frames) > 0


async def test_a_failure_that_is_not_the_sources_ends_the_service(
    house: House, stills: Path
) -> None:
    async def broken(_told: SealedFrame) -> None:
        raise RuntimeError

    house.cameras._send_frame = broken
    await house.prepare(camera_of(stills))
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(house.cameras.run(), 20)
    assert not house.runs


async def test_a_live_camera_that_is_gone_is_told_and_goes_on_when_it_is_back(
    house: House,
) -> None:
    with RtspCamera() as rtsp:
        # Live sources go at their own pace, whatever the settings say.
        await house.prepare(camera_at(rtsp.address))
        assert await house.look()
        running, task = house.cameras._running[CAMERA]
        assert running.flow is None
        await house.until_frames(1)
        rtsp.behaviour.silent = True
        await eventually(lambda: running.state == "reconnecting")
        await house.look()
        told = house.counts[-1]
        assert (told.state, told.ended, told.fault) == ("reconnecting", False, None)
        assert told.trouble is not None
        assert "sends nothing more" in told.trouble
        rtsp.behaviour.silent = False
        await eventually(lambda: running.state == "running")
        await house.look()
        assert (house.counts[-1].state, house.counts[-1].trouble) == ("running", None)
        assert not task.done()
