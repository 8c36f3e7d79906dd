"""A view of a camera: made while somebody looks, now and then, and nothing of it stays behind."""

from collections.abc import Iterator

import numpy as np
import pytest
from tests.support.detect_bench import DetectBench, bench_with
from tests.support.forgetting import CAMERA
from tests.support.images import astronaut, group_photo
from tests.support.packs import default_pack

from lethe.contracts.errors import Refused
from lethe.contracts.live import FrameOutcome
from lethe.contracts.sealed import Purpose
from lethe.contracts.view import VIEW_BYTES
from lethe.detect.frames import FrameResult
from lethe.shredding.sealing import LENGTH_BYTES, TAG_BYTES
from lethe.shredding.trust import LocalTrust
from lethe.vision.errors import Halted
from lethe.vision.faces import Box
from lethe.vision.faint import FaintFaces
from lethe.vision.halt import Halt
from lethe.vision.stills import read_still
from lethe.vision.view import view_jpeg
from lethe.vision.yunet import DetectorSettings


@pytest.fixture(name="watched")
def watched_(trust: LocalTrust) -> Iterator[DetectBench]:
    bench = DetectBench(trust)
    bench.run_watched_slot()
    yield bench
    bench.check_clear()


def processed(bench: DetectBench, image: np.ndarray | None = None) -> FrameResult:
    return bench.frames.process(*bench.frame(astronaut() if image is None else image))


def test_alert_opens_a_view_in_which_nobody_has_a_face(watched: DetectBench) -> None:
    result = processed(watched, group_photo())
    assert result.view is not None
    address = result.view.address
    assert (address.lane, address.purpose) == (CAMERA, Purpose.VIEW)
    assert (address.captured, address.frame_number) == (
        result.report.captured,
        result.report.number,
    )
    shown = read_still(watched.looked_at(result.view))
    assert shown.std() > 20
    with bench_with().extractor.extract(shown) as extraction:
        assert extraction.detected == []


def test_the_report_names_the_views_number_and_probes_are_as_ever(watched: DetectBench) -> None:
    result = processed(watched, group_photo())
    assert result.report.view == 0
    assert len(result.report.probes) == 6


def test_nobody_looks_and_none_is_made(bench: DetectBench) -> None:
    result = processed(bench)
    assert (result.view, result.report.view) == (None, None)
    assert result.report.outcome is FrameOutcome.PROCESSED


def test_of_each_camera_the_next_one_is_due_before_the_last_is_a_second_old(
    watched: DetectBench,
) -> None:
    made = []
    for _ in range(12):
        made.append(processed(watched).view is not None)
        watched.time.advance_ms(195)
        watched.run_watched_slot()
    assert made == [True, False, False, False] * 3


def test_every_view_has_the_same_size(watched: DetectBench) -> None:
    sizes = set()
    noise = np.random.default_rng(1).integers(0, 255, (700, 900, 3), dtype=np.uint8)
    for image in (astronaut(), np.zeros((64, 64, 3), np.uint8), noise):
        view = processed(watched, image).view
        assert view is not None
        sizes.add(len(view.body))
        watched.time.advance_ms(1_000)
        watched.run_watched_slot()
    assert sizes == {VIEW_BYTES + LENGTH_BYTES + TAG_BYTES}


def test_of_what_is_no_picture_there_is_no_view(watched: DetectBench) -> None:
    address, sealed = watched.captured(b"no picture")
    result = watched.frames.process(address, sealed)
    assert (result.report.outcome, result.view) == (FrameOutcome.UNREADABLE, None)


def test_where_more_faces_may_be_than_are_reported_there_is_no_view(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.vision.faint._UPRIGHT", DetectorSettings(max_faces=6))
    monkeypatch.setattr(watched.bench, "faint", FaintFaces(default_pack(), halt=Halt()))
    assert processed(watched, group_photo()).view is None


def test_whoever_is_missed_in_one_frame_is_covered_where_they_just_were(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered: list[list[Box]] = []

    def remembered(image: np.ndarray, boxes: list[Box], *, limit_bytes: int) -> bytes:
        covered.append(boxes)
        return view_jpeg(image, boxes, limit_bytes=limit_bytes)

    monkeypatch.setattr("lethe.detect.views.view_jpeg", remembered)
    blank = np.full((512, 512, 3), 100, np.uint8)
    processed(watched, blank)
    watched.time.advance_ms(350)
    watched.run_watched_slot()
    processed(watched)
    # In the view that is due nobody is found any more.
    for _ in range(2):
        watched.time.advance_ms(390)
        watched.run_watched_slot()
        processed(watched, blank)
    [none, [left], *_] = covered
    assert none == []
    with bench_with().extractor.extract(astronaut()) as extraction:
        assert left == pytest.approx(extraction.detected[0].box, abs=8)
    watched.time.advance_ms(700)
    watched.run_watched_slot()
    processed(watched, blank)
    assert covered[-1] == [], "that was long ago"


def test_where_somebody_was_in_a_picture_of_another_size_is_no_place_in_this_one(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered: list[list[Box]] = []

    def remembered(image: np.ndarray, boxes: list[Box], *, limit_bytes: int) -> bytes:
        covered.append(boxes)
        return view_jpeg(image, boxes, limit_bytes=limit_bytes)

    monkeypatch.setattr("lethe.detect.views.view_jpeg", remembered)
    processed(watched, np.full((512, 512, 3), 100, np.uint8))
    watched.time.advance_ms(390)
    watched.run_watched_slot()
    processed(watched)
    watched.time.advance_ms(350)
    watched.run_watched_slot()
    processed(watched, np.full((360, 640, 3), 100, np.uint8))
    assert covered == [[], []]


def test_a_view_that_has_no_time_left_costs_no_probe(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def halted(*_arguments: object) -> None:
        raise Halted

    monkeypatch.setattr(watched.bench.faint, "boxes", halted)
    result = processed(watched)
    assert (result.report.outcome, result.view, len(result.probes)) == (
        FrameOutcome.PROCESSED,
        None,
        1,
    )


def test_a_view_whose_key_is_gone_at_sealing_gives_its_number_back(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = watched.detect.seal

    def refusing(topic: str, address: object, content: memoryview, *, step: int) -> object:
        if step == VIEW_BYTES + LENGTH_BYTES:
            raise Refused("no")
        return seal(topic, address, content, step=step)  # type: ignore[arg-type]

    monkeypatch.setattr(watched.detect, "seal", refusing)
    result = processed(watched)
    assert (result.view, result.report.view, len(result.probes)) == (None, None, 1)


def test_the_picture_is_overwritten_once_it_is_sealed(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def remembered(*arguments: object, **named: object) -> bytes:
        made.append(view_jpeg(*arguments, **named))  # type: ignore[arg-type]
        assert any(made[-1])
        return made[-1]

    monkeypatch.setattr("lethe.detect.views.view_jpeg", remembered)
    processed(watched)
    [jpeg] = made
    assert not any(jpeg)


def test_a_failure_midway_leaves_no_number_in_use(
    watched: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_arguments: object, **_named: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("lethe.detect.views.view_jpeg", failing)
    with pytest.raises(MemoryError):
        processed(watched)
    [slot] = [s for s in watched.detect._keyring._slots.values() if s.purpose is Purpose.VIEW]
    assert not slot.is_busy


def test_the_key_of_a_view_goes_with_those_of_its_frames(watched: DetectBench) -> None:
    watched.run_watched_slot()
    watched.run_watched_slot()
    processed(watched)
    slots = {
        slot
        for slot, _, purpose, _ in watched.witness.live_numbers(watched.detect)
        if purpose is Purpose.VIEW
    }
    # Of the newest one the key is used, and of the first the frames are over.
    assert slots == {"term-2"}
