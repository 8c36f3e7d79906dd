"""A sealed frame becomes sealed probes and counts; nothing of it stays behind."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.support.detect_bench import DetectBench, bench_with
from tests.support.forgetting import CAMERA
from tests.support.images import astronaut, group_photo

from lethe.contracts.errors import Refused
from lethe.contracts.headings import Heading
from lethe.contracts.live import FrameOutcome
from lethe.contracts.probe import CROP_LIMIT_BYTES, PROBE_BYTES
from lethe.contracts.sealed import NUMBERS_PER_SLOT, Purpose, SealAddress
from lethe.detect.frames import NO_KEY, FrameResult
from lethe.detect.shots import ShotPolicy
from lethe.shredding.sealing import LENGTH_BYTES, TAG_BYTES
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.figure import figure_jpeg
from lethe.vision.jpeg import decode_jpeg_into
from lethe.vision.portrait import portrait_jpeg
from lethe.vision.stills import read_still

Record = tuple[SealAddress, bytes]


def check_counts(result: FrameResult) -> None:
    report = result.report
    assert report.faces_seen == len(report.probes) + sum(report.discarded.values())
    assert report.probes == [probe.address.number for probe in result.probes]


def test_a_face_becomes_one_sealed_probe_that_match_opens(bench: DetectBench) -> None:
    address, sealed = bench.frame(astronaut())
    result = bench.frames.process(address, sealed)
    check_counts(result)
    report = result.report
    assert (report.outcome, report.faces_seen, report.discarded) == (
        FrameOutcome.PROCESSED,
        1,
        {},
    )
    assert (report.camera_id, report.slot, report.number) == (CAMERA, address.slot, address.number)
    [probe] = result.probes
    template, crop = bench.opened(probe)
    with bench_with().extractor.extract_reference(astronaut()) as reference:
        assert float((template * reference.templates[0]).sum()) > 0.95
    assert float((template**2).sum()) == pytest.approx(1, abs=1e-5)
    with WipedBuffer(200 * 200 * 3) as pixels:
        shown = decode_jpeg_into(crop, pixels)
        assert max(shown.shape[:2]) == 160
        assert shown.std() > 20
    assert len(crop) <= CROP_LIMIT_BYTES


def test_a_probe_carries_the_upper_body_in_which_nobody_else_has_a_face(
    bench: DetectBench,
) -> None:
    result = bench.frames.process(*bench.frame(group_photo()))
    for probe in result.probes:
        figure = bytes(bench.viewed(probe).figure)
        shown = read_still(figure)
        assert shown.shape[0] > shown.shape[1], "upright: head and upper body"
        with bench_with().extractor.extract(shown) as extraction:
            assert len(extraction.detected) == 1


def test_a_walker_has_a_heading_once_the_track_is_long_enough(trust: LocalTrust) -> None:
    following = DetectBench(trust, policy=ShotPolicy(fading_s=0.05))
    following.run_slot()
    headings = []
    picture = astronaut()
    for step in range(8):
        moved = np.roll(picture, 12 * step, axis=1)
        probes = following.frames.process(*following.frame(moved)).probes
        headings += [following.viewed(probe).heading for probe in probes]
        following.clock.time.us += 80_000
    assert headings[0] is None
    assert headings[-1] is Heading.RIGHT


def test_a_probe_is_bound_to_its_frame(bench: DetectBench) -> None:
    bench.frames.process(*bench.frame(astronaut()))
    address, sealed = bench.frame(astronaut())
    [probe] = bench.frames.process(address, sealed).probes
    assert probe.address == address.model_copy(
        update={
            "purpose": Purpose.PROBE,
            "number": probe.address.number,
            "frame_number": address.number,
        }
    )
    assert address.number == 1


def test_of_many_faces_each_gets_a_number_of_its_own_and_all_the_same_size(
    bench: DetectBench,
) -> None:
    result = bench.frames.process(*bench.frame(group_photo()))
    check_counts(result)
    assert (result.report.faces_seen, len(set(result.report.probes))) == (6, 6)
    [lonely] = bench.frames.process(*bench.frame(astronaut())).probes
    sizes = {len(probe.body) for probe in [*result.probes, lonely]}
    assert sizes == {PROBE_BYTES + LENGTH_BYTES + TAG_BYTES}
    templates = np.stack([bench.opened(probe)[0] for probe in result.probes])
    crossed = np.einsum("il,jl->ij", templates, templates) - np.eye(6)
    assert crossed.max() < 0.35


def test_a_face_that_stays_is_embedded_once_and_counted_as_tracked(trust: LocalTrust) -> None:
    following = DetectBench(trust, policy=ShotPolicy())
    following.run_slot()
    first, second = (following.frames.process(*following.frame(astronaut())) for _ in range(2))
    check_counts(first)
    check_counts(second)
    assert (len(first.probes), first.report.discarded) == (1, {})
    assert (len(second.probes), second.report.discarded) == (0, {"tracked": 1})
    following.check_clear()


def test_of_a_crowd_everybody_has_a_turn_within_a_few_frames(trust: LocalTrust) -> None:
    following = DetectBench(trust, policy=ShotPolicy(per_frame=2))
    following.run_slot()
    results = [following.frames.process(*following.frame(group_photo())) for _ in range(4)]
    assert [len(result.probes) for result in results] == [2, 2, 2, 0]
    templates = np.stack([following.opened(p)[0] for r in results for p in r.probes])
    crossed = np.einsum("il,jl->ij", templates, templates) - np.eye(6)
    assert crossed.max() < 0.35, "nobody was embedded twice"
    following.check_clear()


def test_a_face_for_which_no_key_is_left_is_tried_again(trust: LocalTrust) -> None:
    following = DetectBench(trust, policy=ShotPolicy())
    following.run_slot()
    address, sealed = following.frame(astronaut())
    for _ in range(NUMBERS_PER_SLOT[Purpose.PROBE]):
        reservation = following.detect.reserve(CAMERA, Purpose.PROBE)
        assert reservation is not None
        following.detect.release(reservation)
    assert following.frames.process(address, sealed).report.discarded == {NO_KEY: 1}
    following.run_slot()
    [probe] = following.frames.process(*following.frame(astronaut())).probes
    assert probe.address.purpose is Purpose.PROBE
    following.check_clear()


def test_a_face_that_fails_the_gate_is_counted_by_reason(trust: LocalTrust) -> None:
    strict = DetectBench(trust, min_inter_ocular_px=500)
    strict.run_slot()
    result = strict.frames.process(*strict.frame(astronaut()))
    check_counts(result)
    assert (result.report.faces_seen, result.report.discarded) == (1, {"too_small": 1})
    assert result.report.outcome is FrameOutcome.PROCESSED
    assert result.probes == []
    strict.check_clear()


def test_in_one_frame_faces_pass_and_fail(trust: LocalTrust) -> None:
    choosy = DetectBench(trust, min_inter_ocular_px=44)
    choosy.run_slot()
    result = choosy.frames.process(*choosy.frame(group_photo()))
    check_counts(result)
    assert result.report.faces_seen == 6
    assert 0 < len(result.probes) < 6
    assert set(result.report.discarded) == {"too_small"}
    choosy.check_clear()


def test_a_picture_without_a_face_is_processed_too(bench: DetectBench) -> None:
    result = bench.frames.process(*bench.frame(np.full((360, 640, 3), 90, np.uint8)))
    assert result.report.outcome is FrameOutcome.PROCESSED
    assert (result.report.faces_seen, result.probes) == (0, [])


def test_without_probe_keys_faces_are_counted_as_such(bench: DetectBench) -> None:
    for _ in range(NUMBERS_PER_SLOT[Purpose.PROBE] - 2):
        reservation = bench.detect.reserve(CAMERA, Purpose.PROBE)
        assert reservation is not None
        bench.detect.release(reservation)
    result = bench.frames.process(*bench.frame(group_photo()))
    check_counts(result)
    assert (len(result.probes), result.report.discarded) == (2, {NO_KEY: 4})


def test_a_probe_whose_key_is_gone_at_sealing_is_counted_and_gives_its_number_back(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object, **_named: object) -> bytes:
        raise Refused("no")

    monkeypatch.setattr(bench.detect, "seal", refused)
    result = bench.frames.process(*bench.frame(astronaut()))
    check_counts(result)
    assert (result.probes, result.report.discarded) == ([], {NO_KEY: 1})


@pytest.mark.parametrize("shape", [(1, 1), (1, 1200), (900, 1), (7, 3)])
def test_a_picture_of_any_shape_is_processed(bench: DetectBench, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (*shape, 3), dtype=np.uint8)
    result = bench.frames.process(*bench.frame(noise))
    check_counts(result)
    assert result.report.outcome is FrameOutcome.PROCESSED


# --- what lies in the clear on the way ----------------------------------------------------------


def test_the_crop_and_the_probe_are_overwritten(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    crops: list[bytes] = []

    def remembered(*arguments: object, **named: object) -> bytes:
        assert bench.bench.pixels.array((100,), np.uint8).any()
        crops.append(portrait_jpeg(*arguments, **named))  # type: ignore[arg-type]
        assert any(crops[-1])
        return crops[-1]

    def figure(*arguments: object, **named: object) -> bytes:
        crops.append(figure_jpeg(*arguments, **named))  # type: ignore[arg-type]
        assert any(crops[-1])
        return crops[-1]

    monkeypatch.setattr("lethe.detect.best_shot.portrait_jpeg", remembered)
    monkeypatch.setattr("lethe.detect.best_shot.figure_jpeg", figure)
    bench.frames.process(*bench.frame(group_photo()))
    assert len(crops) == 12
    assert not any(any(crop) for crop in crops)


def test_a_failure_midway_leaves_nothing_in_the_clear(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_arguments: object, **_named: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("lethe.detect.frames.pack_probe", failing)
    with pytest.raises(MemoryError):
        bench.frames.process(*bench.frame(astronaut()))
    [slot] = [s for s in bench.detect._keyring._slots.values() if s.purpose is Purpose.PROBE]
    assert not slot.is_busy


def test_older_slots_are_given_up_with_a_frame_of_a_newer_one(bench: DetectBench) -> None:
    old = bench.frame(astronaut())
    bench.run_slot()
    bench.run_slot()
    bench.frames.process(*bench.frame(np.zeros((64, 64, 3), np.uint8)))
    assert bench.frames.process(*old).report.outcome is FrameOutcome.EXPIRED
    slots = {slot for slot, *_ in bench.witness.live_numbers(bench.detect)}
    assert slots == {"term-2", "term-3"}


def test_threads_share_the_workbench_one_after_another(bench: DetectBench) -> None:
    records = [bench.frame(astronaut()) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda record: bench.frames.process(*record), records))
    assert [result.report.faces_seen for result in results] == [1] * 4
    numbers = [number for result in results for number in result.report.probes]
    assert len(set(numbers)) == 4
