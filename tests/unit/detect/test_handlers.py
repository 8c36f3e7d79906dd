"""What detect makes of records, and what it publishes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from prometheus_client import REGISTRY
from tests.support.brokers import eventually
from tests.support.detect_bench import DetectBench
from tests.support.forgetting import CAMERA
from tests.support.images import astronaut
from tests.support.publishing import FakePublisher, record

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Refused
from lethe.contracts.headers import AWAITED, address_headers, read_address
from lethe.contracts.live import FrameOutcome, FrameProcessed
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose, SealAddress
from lethe.contracts.topic import MessageTopic, partition_for
from lethe.contracts.topics import (
    FRAME_CAPTURED,
    FRAME_PROCESSED,
    PROBE_EXTRACTED,
    REFERENCE_EXTRACTED,
    REFERENCE_SUBMITTED,
)
from lethe.detect.handlers import Handlers
from lethe.runtime.records import Record
from lethe.runtime.threads import Threads
from lethe.shredding.trust import LocalTrust

PARTITION = partition_for(CAMERA)
EMPTY = np.zeros((64, 64, 3), np.uint8)


class Detect:
    """Handlers over a workbench on the live path."""

    def __init__(self, trust: LocalTrust, threads: Threads, *, queue_frames: int = 24) -> None:
        self.bench = DetectBench(trust)
        self.publisher = FakePublisher(self.bench.clock)
        self.handlers = Handlers(
            self.bench.frames,
            self.bench.references,
            publisher=self.publisher,
            threads=threads,
            clock=self.bench.clock,
            queue_frames=queue_frames,
            workers=2,
        )

    @property
    def reports(self) -> list[FrameProcessed]:
        return [FrameProcessed.decode(s.body) for s in self.publisher.of(FRAME_PROCESSED)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        parts = (self.handlers.lanes.run(), self.handlers.gaps.run())
        task = asyncio.ensure_future(asyncio.gather(*parts))
        yield
        assert not task.done(), "the lanes ended by themselves"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def refused() -> float:
    labels = {"topic": REFERENCE_SUBMITTED.name}
    return REGISTRY.get_sample_value("lethe_records_not_opened_total", labels) or 0.0


def not_published() -> float:
    labels = {"topic": FRAME_PROCESSED.name}
    return REGISTRY.get_sample_value("lethe_not_published_total", labels) or 0.0


@pytest.fixture(name="detect")
async def detect_(trust: LocalTrust) -> AsyncIterator[Detect]:
    threads = Threads("detect", 1)
    detect = Detect(trust, threads, queue_frames=2)
    detect.bench.run_slot()
    yield detect
    threads.close()
    detect.bench.check_clear()


def frame_record(address: SealAddress, body: bytes, *, key: str | None = None) -> Record:
    key = key or address.lane
    return record(FRAME_CAPTURED, key, body, address_headers(address), partition=partition_for(key))


def reference_record(address: SealAddress, body: bytes) -> Record:
    return record(REFERENCE_SUBMITTED, ENROLMENT_LANE, body, address_headers(address))


async def test_late_frames_give_way_to_the_newest_and_count_as_expired(detect: Detect) -> None:
    late = frame_record(*detect.bench.frame(EMPTY))
    detect.bench.time.advance_ms(700)
    detect.bench.run_slot()
    newest = frame_record(*detect.bench.frame(EMPTY))
    for record_ in [late, newest]:
        await detect.handlers.on_frame(record_)
    async with detect.running():
        await eventually(lambda: len(detect.reports) == 2)
    assert [report.outcome for report in detect.reports] == [
        FrameOutcome.EXPIRED,
        FrameOutcome.PROCESSED,
    ]


async def test_a_frames_probes_and_its_report_are_published(detect: Detect) -> None:
    async with detect.running():
        await detect.handlers.on_frame(frame_record(*detect.bench.frame(astronaut())))
        await eventually(lambda: bool(detect.reports))
    [probe], [report] = detect.publisher.of(PROBE_EXTRACTED), detect.reports
    assert read_address(probe.headers).number == report.probes[0]
    assert probe.key == report.camera_id


async def test_a_slow_broker_holds_up_no_frame_until_too_many_are_under_way(
    trust: LocalTrust,
) -> None:
    threads = Threads("detect", 1)
    detect = Detect(trust, threads)
    detect.bench.run_slot()
    gate, begun = asyncio.Event(), 0

    async def slow(report: FrameProcessed, *, awaited: bool) -> None:
        assert not awaited
        nonlocal begun
        begun += 1
        await gate.wait()
        await detect.publisher.send(FRAME_PROCESSED, report.camera_id, report.encode())

    detect.handlers._report = slow  # type: ignore[method-assign]
    async with detect.running():
        for _ in range(20):
            await detect.handlers.on_frame(frame_record(*detect.bench.frame(EMPTY)))
        waiting = detect.handlers.lanes._waiting[PARTITION]
        await eventually(lambda: (begun, len(waiting)) == (16, 3))
        assert detect.reports == []
        gate.set()
        await eventually(lambda: len(detect.reports) == 20)
    threads.close()
    assert [report.number for report in detect.reports] == list(range(20))


async def test_a_publishing_that_failed_unforeseen_ends_the_service(detect: Detect) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    detect.handlers._report = broken  # type: ignore[method-assign]
    task = asyncio.create_task(detect.handlers.lanes.run())
    await detect.handlers.on_frame(frame_record(*detect.bench.frame(EMPTY)))
    await eventually(lambda: detect.handlers._failure is not None)
    await detect.handlers.on_frame(frame_record(*detect.bench.frame(EMPTY)))
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(task, 20)
    assert isinstance(caught.value.exceptions[0], RuntimeError)


async def test_a_frame_that_found_no_room_is_reported_as_expired(detect: Detect) -> None:
    frames = [detect.bench.frame(EMPTY) for _ in range(4)]
    for address, body in frames:
        await detect.handlers.on_frame(frame_record(address, body))
    await eventually(lambda: len(detect.reports) == 2)
    assert [(r.number, r.outcome) for r in detect.reports] == [
        (0, FrameOutcome.EXPIRED),
        (1, FrameOutcome.EXPIRED),
    ]
    async with detect.running():
        await eventually(lambda: len(detect.reports) == 4)
    assert [(r.number, r.outcome) for r in detect.reports[2:]] == [
        (2, FrameOutcome.PROCESSED),
        (3, FrameOutcome.PROCESSED),
    ]


async def test_a_record_that_is_addressed_as_something_else_is_refused(detect: Detect) -> None:
    address, body = detect.bench.frame(EMPTY)
    with pytest.raises(Refused):
        await detect.handlers.on_frame(frame_record(address, body, key="gate-2"))
    probe = address.model_copy(update={"purpose": Purpose.PROBE})
    with pytest.raises(Refused):
        await detect.handlers.on_frame(frame_record(probe, body))
    with pytest.raises(Refused):
        await detect.handlers.on_reference(reference_record(address, body))
    with pytest.raises(InvalidMessage):
        await detect.handlers.on_frame(record(FRAME_CAPTURED, address.lane, body))


async def test_what_the_broker_does_not_take_stops_nothing(detect: Detect) -> None:
    before = not_published()
    detect.publisher.refusing |= {PROBE_EXTRACTED.name}
    async with detect.running():
        await detect.handlers.on_frame(frame_record(*detect.bench.frame(astronaut())))
        await eventually(lambda: bool(detect.reports))
        detect.publisher.refusing = {FRAME_PROCESSED.name}
        await detect.handlers.on_frame(frame_record(*detect.bench.frame(astronaut())))
        await eventually(lambda: not_published() == before + 1)
        detect.publisher.refusing = set()
        await detect.handlers.on_frame(frame_record(*detect.bench.frame(EMPTY)))
        await eventually(lambda: len(detect.reports) == 2)
    assert [report.number for report in detect.reports] == [0, 2]


async def test_a_reference_that_cannot_be_read_does_not_hold_up_frames(detect: Detect) -> None:
    bench = detect.bench
    bench.run_enrolment_slot()
    before = refused()
    spoilt = bench.sealed_reference(
        bench.alert, REFERENCE_SUBMITTED, Purpose.REFERENCE_IMAGE, b"no reference"
    )
    async with detect.running():
        await detect.handlers.on_reference(reference_record(*spoilt))
        await detect.handlers.on_reference(reference_record(*spoilt))  # used by now
        await detect.handlers.on_frame(frame_record(*bench.frame(EMPTY)))
        await eventually(lambda: bool(detect.reports))
        await eventually(lambda: refused() == before + 2)
    assert detect.publisher.of(REFERENCE_EXTRACTED) == []


async def test_counts_are_told_together_and_at_once_where_somebody_waits(detect: Detect) -> None:
    told: list[int] = []

    async def send_all(topic: MessageTopic, records: Sequence[tuple[str, bytes]]) -> None:
        assert topic is FRAME_PROCESSED
        told.append(len(records))

    detect.publisher.send_all = send_all  # type: ignore[method-assign]
    detect.handlers._reports._within_s = 3600.0
    frames = [frame_record(*detect.bench.frame(EMPTY)) for _ in range(2)]
    frames[1].headers.append(AWAITED)
    async with detect.running():
        for frame in frames:
            await detect.handlers.on_frame(frame)
        await eventually(lambda: told == [2])
