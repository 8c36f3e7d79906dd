"""What a camera sees, in which nobody has a face: seen aside, half hidden, in the dark or not."""

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from tests.support.averted import HIDDEN, averted
from tests.support.images import astronaut, group_photo, scaled
from tests.support.packs import default_pack

from lethe.contracts.view import VIEW_BYTES
from lethe.vision import faint as faint_faces
from lethe.vision.faces import Box
from lethe.vision.faint import FaintFaces
from lethe.vision.halt import Halt
from lethe.vision.loading import open_detector
from lethe.vision.ports import Detector
from lethe.vision.regions import COVER_MARGIN, Region
from lethe.vision.stills import read_still
from lethe.vision.view import view_jpeg
from lethe.vision.yunet import DetectorSettings

Picture = NDArray[np.uint8]


@pytest.fixture(name="faint", scope="module")
def faint_() -> FaintFaces:
    return FaintFaces(default_pack(), halt=Halt())


def viewed(faint: FaintFaces, image: Picture) -> Picture:
    boxes = faint.boxes(image)
    assert boxes
    return read_still(view_jpeg(image, boxes, limit_bytes=VIEW_BYTES))


def bare(image: Picture) -> Picture:
    """Return what a view would be if nobody were covered in it."""
    return read_still(view_jpeg(image, [], limit_bytes=VIEW_BYTES))


def has_faces(detector: Detector, shown: Picture) -> bool:
    """Look at a picture and at its double, upright, on both sides and upside down."""
    return any(
        detector.detect(np.ascontiguousarray(np.rot90(scaled(shown, factor), quarters)))
        for factor, quarters in product((1, 2), range(4))
    )


def pasted(scene: Picture, left: int) -> Picture:
    """Return a scene before which somebody stands, half out of it where `left` says so."""
    shown = scene.copy()
    face = astronaut()[60:260, 130:330]
    first, last = max(0, left), min(scene.shape[1], left + 200)
    shown[100:300, first:last] = face[:, first - left : last - left]
    return shown


def pictures() -> Iterator[tuple[str, Picture]]:
    yield "one", astronaut()
    yield "six", group_photo()
    yield "six, large", scaled(group_photo(), 1.5)
    yield "six, small", scaled(group_photo(), 0.35)
    yield "on its side", np.ascontiguousarray(np.rot90(astronaut()))
    yield "mirrored", np.ascontiguousarray(group_photo()[:, ::-1])
    yield "in the dark", (group_photo() // 4).astype(np.uint8)
    tiled = np.concatenate([astronaut()[:, 100:340]] * 5, axis=1)
    yield "side by side", np.ascontiguousarray(tiled)
    blank = np.full((360, 640, 3), 100, np.uint8)
    for left in (-90, -60, 530):
        yield f"cut by the edge at {left}", pasted(blank, left)


@pytest.mark.parametrize("picture", [pytest.param(p, id=name) for name, p in pictures()])
def test_no_face_is_found_in_a_view(faint: FaintFaces, picture: Picture) -> None:
    shown = viewed(faint, picture)
    assert max(shown.shape[:2]) <= 320
    detector = open_detector(default_pack())
    assert not has_faces(detector, shown)
    assert has_faces(detector, bare(picture)), "this look finds nobody, covered or not"


@pytest.mark.parametrize(
    ("how", "size"),
    [
        # A small face that is upside down is missed.
        *(each for each in product(HIDDEN, (70, 110, 220)) if each != ("the wrong way up", 70)),
        # So would these be, if the picture weren't turned to both sides.
        ("lying on the left", 34),
        ("lying on the right", 34),
    ],
)
def test_who_is_averted_or_half_hidden_is_covered_too(
    faint: FaintFaces, how: str, size: int
) -> None:
    scene = np.full((360, 640, 3), 110, np.uint8)
    scene[60 : 60 + size, 200 : 200 + size] = averted(how, size)
    boxes = faint.boxes(scene)
    assert boxes
    covered = np.zeros(scene.shape[:2], np.uint8)
    for box in boxes:
        Region.around(scene.shape, box, COVER_MARGIN).of(covered)[:] = 1
    middle = slice(60 + size // 3, 60 + size * 2 // 3), slice(200 + size // 3, 200 + size * 2 // 3)
    assert covered[middle].mean() > 0.9


def test_what_was_turned_is_overwritten(faint: FaintFaces) -> None:
    assert faint.boxes(group_photo())
    assert not faint._memory.array((faint._memory.size_bytes,), np.uint8).any()


def test_what_is_beside_a_face_is_still_seen(faint: FaintFaces) -> None:
    shown, whole = viewed(faint, group_photo()), bare(group_photo())
    assert shown.shape == whole.shape == (180, 260, 3)
    differing = np.abs(shown.astype(int) - whole).max(axis=2) > 40
    assert 0.01 < differing.mean() < 0.25


def test_a_covered_face_is_of_one_colour() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (180, 320, 3), dtype=np.uint8)
    covered = read_still(view_jpeg(noise, [(100, 50, 80, 80)], limit_bytes=1 << 20))
    # What JPEG adds at the border isn't any of the face.
    inside = np.s_[64:112, 112:160]
    assert covered[inside].reshape(-1, 3).std(axis=0).max() < 1
    assert noise[inside].std() > 60


def test_the_picture_itself_stays_as_it_is() -> None:
    image = astronaut()
    view_jpeg(image, [(200, 80, 120, 120)], limit_bytes=VIEW_BYTES)
    assert np.array_equal(image, astronaut())


@pytest.mark.parametrize(
    ("settings_of", "chosen", "quarters", "found"),
    [("_UPRIGHT", faint_faces._UPRIGHT, 0, 11), ("_TURNED", faint_faces._TURNED, 3, 6)],
)
def test_of_more_faces_than_are_reported_not_all_are_known(
    monkeypatch: pytest.MonkeyPatch,
    settings_of: str,
    chosen: DetectorSettings,
    quarters: int,
    found: int,
) -> None:
    shown = np.ascontiguousarray(np.rot90(group_photo(), quarters))
    monkeypatch.setattr(f"lethe.vision.faint.{settings_of}", replace(chosen, max_faces=found))
    assert FaintFaces(default_pack(), halt=Halt()).boxes(shown) is None
    monkeypatch.setattr(f"lethe.vision.faint.{settings_of}", replace(chosen, max_faces=found + 1))
    assert FaintFaces(default_pack(), halt=Halt()).boxes(shown)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 900), st.integers(1, 900)),
    limit=st.integers(2_000, 32_768),
    boxes=st.lists(
        st.tuples(st.floats(-300, 900), st.floats(-300, 900), st.floats(1, 900), st.floats(1, 900))
    ),
)
def test_it_fits_whatever_it_shows(shape: tuple[int, int], limit: int, boxes: list[Box]) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (*shape, 3), dtype=np.uint8)
    jpeg = view_jpeg(noise, boxes, limit_bytes=limit)
    assert len(jpeg) <= limit
    with Image.open(io.BytesIO(jpeg)) as picture:
        assert picture.width <= 320
        assert picture.height <= 180
