"""A frame that doesn't open, isn't a picture or isn't done in time gives its outcome only."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.support.detect_bench import DetectBench
from tests.support.images import astronaut

from lethe.contracts.live import FrameOutcome
from lethe.contracts.sealed import SealAddress
from lethe.vision.jpeg import encode_jpeg

Record = tuple[SealAddress, bytes]


def expired(bench: DetectBench, record: Record) -> Record:
    bench.time.advance_ms(800)
    return record


def short_of_time(bench: DetectBench, record: Record) -> Record:
    bench.time.advance_ms(705)
    return record


def replayed(bench: DetectBench, record: Record) -> Record:
    assert bench.frames.process(*record).report.outcome is FrameOutcome.PROCESSED
    return record


def altered(_bench: DetectBench, record: Record) -> Record:
    address, sealed = record
    return address, sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]


def cut(_bench: DetectBench, record: Record) -> Record:
    return record[0], record[1][:10]


def renumbered(_bench: DetectBench, record: Record) -> Record:
    return record[0].model_copy(update={"number": 7}), record[1]


def moved(_bench: DetectBench, record: Record) -> Record:
    return record[0].model_copy(update={"lane": "another"}), record[1]


def redated(bench: DetectBench, record: Record) -> Record:
    later = record[0].captured.shifted_to(bench.clock.boot_us() + 1)
    return record[0].model_copy(update={"captured": later}), record[1]


def reordered(_bench: DetectBench, record: Record) -> Record:
    return record[0].model_copy(update={"order_hash": "another"}), record[1]


def too_large(_bench: DetectBench, record: Record) -> Record:
    return record[0], record[1] + bytes(9 * 1024 * 1024)


@pytest.mark.parametrize(
    ("spoil", "outcome"),
    [
        (expired, FrameOutcome.EXPIRED),
        (short_of_time, FrameOutcome.EXPIRED),
        (replayed, FrameOutcome.EXPIRED),
        (moved, FrameOutcome.EXPIRED),
        (altered, FrameOutcome.REFUSED),
        (cut, FrameOutcome.REFUSED),
        (renumbered, FrameOutcome.REFUSED),
        (redated, FrameOutcome.REFUSED),
        (reordered, FrameOutcome.REFUSED),
        (too_large, FrameOutcome.REFUSED),
    ],
)
def test_a_frame_that_does_not_open_gives_its_outcome_and_nothing_else(
    bench: DetectBench, spoil: Callable[[DetectBench, Record], Record], outcome: FrameOutcome
) -> None:
    result = bench.frames.process(*spoil(bench, bench.frame(astronaut())))
    assert (result.report.outcome, result.probes) == (outcome, [])
    assert (result.report.faces_seen, result.report.discarded) == (0, {})


@pytest.mark.parametrize("spoil", [altered, renumbered, redated, reordered])
def test_the_genuine_frame_opens_after_a_spoilt_one(
    bench: DetectBench, spoil: Callable[[DetectBench, Record], Record]
) -> None:
    record = bench.frame(astronaut())
    bench.frames.process(*spoil(bench, record))
    assert bench.frames.process(*record).report.outcome is FrameOutcome.PROCESSED


@pytest.mark.parametrize(
    "content",
    [b"", b"no JPEG", b"\xff\xd8\xff\xe0" + bytes(5000)],
    ids=["nothing", "text", "a header only"],
)
def test_a_frame_that_is_no_picture_is_unreadable(bench: DetectBench, content: bytes) -> None:
    result = bench.frames.process(*bench.captured(content))
    assert (result.report.outcome, result.probes) == (FrameOutcome.UNREADABLE, [])


def test_half_a_picture_is_unreadable_and_leaves_no_pixel(bench: DetectBench) -> None:
    whole = encode_jpeg(astronaut(), 95)
    result = bench.frames.process(*bench.captured(whole[: len(whole) // 2]))
    assert (result.report.outcome, result.report.faces_seen) == (FrameOutcome.UNREADABLE, 0)


def test_a_picture_larger_than_the_workbench_is_unreadable(bench: DetectBench) -> None:
    result = bench.frames.process(*bench.frame(np.zeros((2000, 2000, 3), np.uint8)))
    assert result.report.outcome is FrameOutcome.UNREADABLE


def test_a_frame_whose_time_ends_while_it_is_processed_is_cut_short(
    bench: DetectBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor, embedded = bench.bench.extractor, list[int]()
    embed = extractor._embedder.embed

    def late(crops: np.ndarray, out: np.ndarray) -> None:
        bench.time.advance_ms(801)
        bench.detect.reap()
        embed(crops, out)
        embedded.append(len(crops))

    monkeypatch.setattr(extractor._embedder, "embed", late)
    result = bench.frames.process(*bench.frame(astronaut()))
    assert (result.report.outcome, result.probes, embedded) == (FrameOutcome.EXPIRED, [], [])
    bench.check_clear()
    monkeypatch.undo()
    bench.run_slot()
    assert bench.frames.process(*bench.frame(astronaut())).probes, "the next frame isn't"


def test_a_frame_is_late_when_it_can_only_just_be_opened(bench: DetectBench) -> None:
    address, _ = bench.frame(astronaut())
    bench.time.advance_ms(630)
    assert not bench.frames.is_late(address)
    bench.time.advance_ms(40)
    assert bench.frames.is_late(address)
