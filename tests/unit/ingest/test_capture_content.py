"""What is sealed of a picture: its masks blanked, a camera's own JPEG as it came."""

import numpy as np
import pytest
from tests.support.mjpeg_camera import picture
from tests.support.studio import Studio

from lethe.contracts.keys import Role
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.ingest.capture import SealedFrame
from lethe.ingest.sources import SourceFrame
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.jpeg import decode_jpeg_into

LEFT_HALF = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]


def opened(studio: Studio, sealed: SealedFrame) -> bytes:
    """Return what detect opens."""
    room = memoryview(bytearray(len(sealed.body)))
    detect = studio.path.holders[Role.DETECT]
    with detect.opening(FRAME_CAPTURED.name, sealed.address, sealed.body, room) as content:
        return bytes(content)


def test_a_cameras_own_jpeg_is_sealed_as_it_came(studio: Studio) -> None:
    studio.path.run_slot()
    jpeg = picture(7)
    studio.capture.on_release(SourceFrame(np.frombuffer(jpeg, np.uint8), 0.0))
    sealed = studio.capture.seal_next()
    assert sealed is not None
    assert opened(studio, sealed) == jpeg
    studio.check_pictures_are_gone()
    assert studio.told() == {"captured": 1}


def test_masks_are_blanked_before_a_frame_is_compressed(trust: LocalTrust) -> None:
    studio = Studio(trust, masks=[LEFT_HALF], jpeg_quality=95)
    studio.path.run_slot()
    image = studio.release()
    sealed = studio.capture.seal_next()
    assert sealed is not None
    with WipedBuffer(image.size) as pixels:
        shown = decode_jpeg_into(opened(studio, sealed), pixels)
        # JPEG blurs across the edge, within a block of chroma.
        assert shown[:, :32].max() < 8
        assert shown[:, 64:].max() > 150
    studio.check_pictures_are_gone()


def test_a_jpeg_of_a_camera_with_masks_is_never_sealed(trust: LocalTrust) -> None:
    studio = Studio(trust, masks=[LEFT_HALF])
    studio.path.run_slot()
    studio.capture.on_release(SourceFrame(np.frombuffer(picture(7), np.uint8), 0.0))
    with pytest.raises(RuntimeError):
        studio.capture.seal_next()
    studio.check_pictures_are_gone()
