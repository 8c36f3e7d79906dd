"""A sealed image becomes a sealed template, or a fault that whoever submitted it is told."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.support.detect_bench import DetectBench, bench_with
from tests.support.images import astronaut, group_photo, resized

from lethe.contracts.enrolment import ReferencePayload, TemplatePayload
from lethe.contracts.errors import Erased, InvalidInput, Refused
from lethe.contracts.sealed import ENROLMENT_LANE, NUMBERS_PER_SLOT, Purpose, SealAddress
from lethe.contracts.topics import REFERENCE_EXTRACTED, REFERENCE_SUBMITTED
from lethe.detect.sealed_record import SealedRecord
from lethe.shredding.trust import LocalTrust
from lethe.vision.errors import Halted
from lethe.vision.extraction import Extraction
from lethe.vision.stills import read_still


@pytest.fixture(name="bench")
def bench_(trust: LocalTrust) -> Iterator[DetectBench]:
    bench = DetectBench(trust)
    bench.run_enrolment_slot()
    yield bench
    bench.check_clear()


def png(image: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image[:, :, ::-1]).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def submitted(bench: DetectBench, image: bytes) -> tuple[SealAddress, bytes]:
    """Seal an image as alert does."""
    reference = ReferencePayload(
        reference_id="r0",
        subject_id="s0",
        watchlist_id="watchlist-1",
        image_sha256="ab" * 32,
        image=image,
    )
    return sealed(bench, reference.encode())


def sealed(bench: DetectBench, content: bytes) -> tuple[SealAddress, bytes]:
    return bench.sealed_reference(
        bench.alert, REFERENCE_SUBMITTED, Purpose.REFERENCE_IMAGE, content
    )


def opened(bench: DetectBench, told: SealedRecord | None) -> TemplatePayload:
    """Open what detect told, as match does."""
    assert told is not None
    room = memoryview(bytearray(len(told.body)))
    with bench.match.opening(REFERENCE_EXTRACTED.name, told.address, told.body, room) as content:
        return TemplatePayload.decode(bytes(content))


def test_an_image_becomes_a_template_that_match_opens(bench: DetectBench) -> None:
    address, body = submitted(bench, png(astronaut()))
    told = bench.references.extract(address, body)
    payload = opened(bench, told)
    assert (payload.reference_id, payload.subject_id, payload.fault) == ("r0", "s0", None)
    assert (payload.watchlist_id, payload.image_sha256) == ("watchlist-1", "ab" * 32)
    assert told is not None
    assert (told.address.slot, told.address.purpose) == (address.slot, Purpose.REFERENCE_TEMPLATE)
    template = np.frombuffer(payload.template, "<f4")
    with bench_with().extractor.extract_reference(astronaut()) as reference:
        assert float((template * reference.templates[0]).sum()) > 0.999


def test_an_image_that_takes_too_long_is_cut_short_and_the_next_one_is_not(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor = bench.bench.extractor
    embed = extractor._embedder.embed

    def late(crops: np.ndarray, out: np.ndarray) -> None:
        bench.time.advance_ms(801)
        bench.detect.reap()
        embed(crops, out)

    record = submitted(bench, png(astronaut()))
    monkeypatch.setattr(extractor._embedder, "embed", late)
    with pytest.raises(Halted):
        bench.references.extract(*record)
    bench.check_clear()
    monkeypatch.undo()
    bench.run_enrolment_slot()
    assert opened(bench, bench.references.extract(*submitted(bench, png(astronaut())))).template


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        (png(np.full((400, 400, 3), 120, np.uint8)), "no_face"),
        (png(group_photo()), "several_faces"),
        (png(resized(astronaut(), (120, 120))), "too_small"),
        (b"no picture at all", "unreadable"),
        (b"", "unreadable"),
        (png(astronaut())[:5000], "unreadable"),
        (png(np.zeros((1, 1, 3), np.uint8)), "no_face"),
    ],
    ids=["no face", "several", "too small", "text", "nothing", "half of it", "one pixel"],
)
def test_an_unusable_image_is_told_by_its_fault(
    bench: DetectBench, image: bytes, fault: str
) -> None:
    payload = opened(bench, bench.references.extract(*submitted(bench, image)))
    assert (payload.fault, payload.template) == (fault, b"")
    assert payload.reference_id == "r0"


def test_without_a_template_key_nothing_is_told(bench: DetectBench) -> None:
    for _ in range(NUMBERS_PER_SLOT[Purpose.REFERENCE_TEMPLATE]):
        reservation = bench.detect.reserve(ENROLMENT_LANE, Purpose.REFERENCE_TEMPLATE)
        assert reservation is not None
        bench.detect.release(reservation)
    assert bench.references.extract(*submitted(bench, png(astronaut()))) is None


def test_an_image_that_does_not_open_is_not_read(bench: DetectBench) -> None:
    address, body = submitted(bench, png(astronaut()))
    with pytest.raises(Refused):
        bench.references.extract(address, body[:-1] + bytes([body[-1] ^ 1]))
    assert bench.references.extract(address, body) is not None
    with pytest.raises(Erased):
        bench.references.extract(address, body)


def test_an_expired_image_is_not_read(bench: DetectBench) -> None:
    record = submitted(bench, png(astronaut()))
    bench.time.advance_ms(800)
    with pytest.raises(Erased):
        bench.references.extract(*record)


def test_content_that_is_no_reference_is_refused(bench: DetectBench) -> None:
    with pytest.raises(InvalidInput):
        bench.references.extract(*sealed(bench, b"no reference"))


def test_the_image_and_the_template_are_overwritten(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    images: list[bytes] = []
    pictures: list[NDArray[np.uint8]] = []
    templates: list[bytes] = []

    def remembered_image(data: bytes) -> NDArray[np.uint8]:
        images.append(data)
        pictures.append(read_still(data))
        return pictures[-1]

    def remembered_template(**fields: object) -> TemplatePayload:
        payload = TemplatePayload.model_validate(fields)
        templates.append(payload.template)
        return payload

    monkeypatch.setattr("lethe.detect.references.read_still", remembered_image)
    monkeypatch.setattr("lethe.detect.references.TemplatePayload", remembered_template)
    told = bench.references.extract(*submitted(bench, png(astronaut())))
    assert np.frombuffer(opened(bench, told).template, "<f4").any()
    assert len(images[0]) > 1000
    assert len(templates[0]) == 512
    assert not any(any(secret) for secret in [*images, *templates])
    assert not pictures[0].any()


class Watched(np.ndarray):
    """An array that knows every array that was made of it."""

    made: ClassVar[list[np.ndarray]] = []

    def __array_finalize__(self, _source: object) -> None:
        self.made.append(self)


def test_the_template_is_copied_to_nowhere_that_is_not_overwritten(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract_reference = bench.bench.extractor.extract_reference

    @contextmanager
    def watched(image: NDArray[np.uint8]) -> Iterator[Extraction]:
        with extract_reference(image) as extraction:
            assert extraction.templates.any()
            yield replace(extraction, templates=extraction.templates.view(Watched))

    monkeypatch.setattr(Watched, "made", [])
    monkeypatch.setattr(bench.bench.extractor, "extract_reference", watched)
    assert bench.references.extract(*submitted(bench, png(astronaut())))
    made = [np.asarray(each) for each in Watched.made]
    assert len(made) > 1
    assert not any(each.any() for each in made)


@pytest.mark.parametrize("failing", ["reserve", "seal", None])
def test_the_template_is_overwritten_also_when_it_cannot_be_sealed(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch, failing: str | None
) -> None:
    templates: list[bytes] = []

    def remembered(**fields: object) -> TemplatePayload:
        payload = TemplatePayload.model_validate(fields)
        templates.append(payload.template)
        assert any(payload.template)
        return payload

    def fail(*_: object, **__: object) -> None:
        raise Erased("its key is over")

    record = submitted(bench, png(astronaut()))
    monkeypatch.setattr("lethe.detect.references.TemplatePayload", remembered)
    if failing is not None:
        monkeypatch.setattr(bench.detect, failing, fail)
    with pytest.raises(Erased) if failing else nullcontext():
        bench.references.extract(*record)
    (template,) = templates
    assert not any(template)
