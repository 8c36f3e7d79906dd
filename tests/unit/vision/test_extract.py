"""From an image to templates, and nothing left when the block ends."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.images import astronaut, group_photo, resized
from tests.support.packs import default_pack

from lethe.contracts.errors import InvalidInput
from lethe.vision.extract import FaceExtractor, ReferenceFault, UnusableReference
from lethe.vision.extraction import Extraction
from lethe.vision.faces import Face
from lethe.vision.quality import QualityGate
from lethe.vision.yunet import DetectorSettings


@pytest.fixture(scope="module")
def extractor() -> FaceExtractor:
    return FaceExtractor(default_pack())


@pytest.fixture(autouse=True)
def nothing_stays(extractor: FaceExtractor) -> Iterator[None]:
    yield
    for memory in (extractor._memory, extractor._refiner._memory):
        assert not memory.array((memory.size_bytes,), np.uint8).any()


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float((one * other).sum())


def fault_of(extractor: FaceExtractor, image: np.ndarray) -> ReferenceFault:
    with pytest.raises(UnusableReference) as caught, extractor.extract_reference(image):
        pass
    assert isinstance(caught.value, InvalidInput)
    assert str(caught.value) == caught.value.fault.advice
    return caught.value.fault


def test_six_faces_give_six_templates_of_length_1(extractor: FaceExtractor) -> None:
    with extractor.extract(group_photo()) as extraction:
        assert (extraction.seen, extraction.discarded) == (6, {})
        assert extraction.templates.shape == (len(extraction.faces), 128) == (6, 128)
        np.testing.assert_allclose((extraction.templates**2).sum(axis=1), 1, atol=1e-5)


def test_six_people_are_six_people(extractor: FaceExtractor) -> None:
    with extractor.extract(group_photo()) as extraction:
        crossed = np.einsum("il,jl->ij", extraction.templates, extraction.templates)
    assert (crossed - np.eye(6)).max() < 0.35


def test_a_template_hardly_depends_on_how_far_the_image_was_reduced_for_detection() -> None:
    rows = []
    for size in ((640, 360), (1280, 1280)):
        settings = DetectorSettings(size=size)
        with FaceExtractor(default_pack(), settings=settings).extract(group_photo()) as extraction:
            order = np.argsort([face.x for face in extraction.faces])
            rows.append(extraction.templates[order])
    assert np.einsum("il,il->i", *rows).min() > 0.85


def test_a_person_is_recognised_at_another_size_and_light(extractor: FaceExtractor) -> None:
    image = astronaut()
    with extractor.extract_reference(image) as extraction:
        reference = extraction.templates[0].copy()
    changed = resized((image * 0.7 + 30).astype(np.uint8), (300, 300))
    with extractor.extract(changed) as extraction:
        assert cosine(extraction.templates[0], reference) > 0.8


def test_templates_are_zero_after_the_block_and_after_an_exception(
    extractor: FaceExtractor,
) -> None:
    with extractor.extract(astronaut()) as extraction:
        assert extraction.templates.any()
    assert not extraction.templates.any()
    with pytest.raises(KeyError), extractor.extract(astronaut()) as extraction:
        raise KeyError
    assert not extraction.templates.any()


def test_every_discarded_face_is_counted_under_its_reason() -> None:
    image = group_photo()
    strict = QualityGate(min_inter_ocular_px=42, min_detector_score=0.89)
    with FaceExtractor(default_pack(), gate=strict).extract(image) as extraction:
        assert extraction.seen == 6
        assert set(extraction.discarded) == {"too_small", "low_score"}
        assert sum(extraction.discarded.values()) + len(extraction.faces) == 6
        assert len(extraction.templates) == len(extraction.faces) > 0


HALVES = {
    "left": lambda image: image[:, 221:],
    "right": lambda image: image[:, :227],
    "below": lambda image: image[:132],
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
def test_half_a_face_at_the_edge_gets_no_template_and_is_no_reference(
    extractor: FaceExtractor, half: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
) -> None:
    image = np.ascontiguousarray(half(astronaut()))
    with extractor.extract(image) as extraction:
        assert (extraction.seen, extraction.discarded) == (1, {"cut": 1})
    assert fault_of(extractor, image) == ReferenceFault.CUT


def test_faces_beyond_the_limit_are_counted_as_crowded() -> None:
    with FaceExtractor(default_pack(), max_faces=4).extract(group_photo()) as extraction:
        assert extraction.discarded == {"crowded": 2}
        assert len(extraction.templates) == 4


def test_a_discarded_face_does_not_shift_the_others(extractor: FaceExtractor) -> None:
    image = group_photo()
    with extractor.extract(image) as extraction:
        expected = {face.box: row.copy() for face, row in _pairs(extraction)}
    strict = FaceExtractor(default_pack(), gate=QualityGate(min_inter_ocular_px=42))
    with strict.extract(image) as extraction:
        assert 0 < len(extraction.faces) < 6
        for face, row in _pairs(extraction):
            np.testing.assert_allclose(row, expected[face.box], atol=1e-6)


def _pairs(extraction: Extraction) -> Iterator[tuple[Face, NDArray[np.float32]]]:
    return zip(extraction.faces, extraction.templates, strict=True)


def test_an_image_without_a_face_gives_an_empty_extraction(extractor: FaceExtractor) -> None:
    with extractor.extract(np.zeros((360, 640, 3), np.uint8)) as extraction:
        assert (extraction.seen, extraction.faces) == (0, [])
        assert extraction.templates.shape == (0, 128)


def test_two_extractions_at_once_are_refused(extractor: FaceExtractor) -> None:
    with (
        extractor.extract(astronaut()),
        pytest.raises(RuntimeError, match="one at a time"),
        extractor.extract(astronaut()),
    ):
        pass
    with extractor.extract(astronaut()) as extraction:
        assert len(extraction.faces) == 1


def test_an_extraction_shows_no_template_in_its_repr(extractor: FaceExtractor) -> None:
    with extractor.extract(astronaut()) as extraction:
        assert "templates" not in repr(extraction)
        assert "landmarks" not in repr(extraction)


def test_a_reference_without_a_face_is_refused(extractor: FaceExtractor) -> None:
    assert fault_of(extractor, np.zeros((300, 300, 3), np.uint8)) == ReferenceFault.NO_FACE


def test_a_reference_with_several_people_is_refused(extractor: FaceExtractor) -> None:
    assert fault_of(extractor, group_photo()) == ReferenceFault.SEVERAL_FACES


def test_a_far_smaller_face_in_the_background_is_ignored(extractor: FaceExtractor) -> None:
    image = astronaut()
    with extractor.extract_reference(image) as extraction:
        expected = extraction.templates[0].copy()
    image[-130:, -130:] = resized(image, (130, 130))
    with extractor.extract(image) as extraction:
        assert extraction.seen == 2
    with extractor.extract_reference(image) as extraction:
        assert extraction.seen == 1
        assert cosine(extraction.templates[0], expected) > 0.99


def test_a_reference_with_a_tiny_face_is_refused(extractor: FaceExtractor) -> None:
    tiny = resized(astronaut(), (160, 160))
    assert fault_of(extractor, tiny) == ReferenceFault.TOO_SMALL


def test_a_blurred_reference_is_refused(extractor: FaceExtractor) -> None:
    blurred = np.asarray(cv2.GaussianBlur(astronaut(), (0, 0), 5), dtype=np.uint8)
    assert fault_of(extractor, blurred) == ReferenceFault.BLURRED


def test_a_reference_that_looks_aside_is_refused() -> None:
    strict = FaceExtractor(default_pack(), gate=QualityGate(max_yaw_asymmetry=0.0))
    assert fault_of(strict, astronaut()) == ReferenceFault.POSE


def test_a_small_face_in_a_large_reference_is_found_by_a_closer_look(
    extractor: FaceExtractor,
) -> None:
    wide = np.zeros((2600, 4800, 3), np.uint8)
    wide[1000:1320, 2000:2320] = resized(astronaut(), (320, 320))
    with extractor.extract(wide) as extraction:
        assert extraction.faces == []
    with extractor.extract_reference(wide) as extraction:
        assert len(extraction.faces) == 1


@pytest.mark.parametrize("fault", list(ReferenceFault))
def test_every_fault_says_in_one_line_what_to_do(fault: ReferenceFault) -> None:
    assert ": " in fault.advice
    assert "\n" not in fault.advice
