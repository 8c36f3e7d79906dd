"""What forgetting costs is counted where it is spent, and once."""

import asyncio
import ctypes
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tools.bench.erasure.libc import ALLOCATOR, FILL, CLibrary, libc_mapping
from tools.bench.erasure.meter import Meter
from tools.bench.erasure.parts import COUNTED, Counted, find
from tools.bench.erasure.sampling import Ring, Sample

_SECOND_NS = 1_000_000_000


class _Work:
    """A processor's clock that goes on only while something is at work."""

    def __init__(self) -> None:
        self.now_ns = 0

    def take(self, seconds: int) -> None:
        self.now_ns += seconds * _SECOND_NS

    def clock_ns(self) -> int:
        return self.now_ns


@pytest.fixture
def work() -> _Work:
    return _Work()


@pytest.fixture
def meter(work: _Work) -> Meter:
    return Meter(work.clock_ns)


def test_what_an_inner_part_takes_is_not_counted_to_the_outer_one(
    work: _Work, meter: Meter
) -> None:
    inner = meter.call("inner", lambda: work.take(5))

    def all_of_it() -> None:
        work.take(1)
        inner()
        work.take(2)

    meter.call("outer", all_of_it)()
    assert (meter.seconds("outer"), meter.seconds("inner")) == (3, 5)


def test_a_call_that_fails_is_counted_and_fails(work: _Work, meter: Meter) -> None:
    def failing() -> None:
        work.take(2)
        raise ValueError("it fails")

    with pytest.raises(ValueError, match="it fails"):
        meter.call("part", failing)()
    assert meter.seconds("part") == 2


def test_of_a_coroutine_every_step_is_counted_and_no_waiting(work: _Work, meter: Meter) -> None:
    async def run() -> str:
        reached = asyncio.Event()

        async def steps() -> str:
            work.take(1)
            await reached.wait()
            work.take(2)
            return "done"

        task = asyncio.create_task(meter.coroutine(lambda: "part", steps)())
        await asyncio.sleep(0)
        work.take(50)
        reached.set()
        await task
        return str(task.result())

    assert asyncio.run(run()) == "done"
    assert meter.seconds("part") == 3


def test_a_coroutine_that_is_cancelled_ends(work: _Work, meter: Meter) -> None:
    async def run() -> bool:
        async def steps() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                work.take(4)

        task = asyncio.create_task(meter.coroutine(lambda: "part", steps)())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(run())
    assert meter.seconds("part") == 4


def test_of_a_context_the_beginning_and_the_end_are_counted(work: _Work, meter: Meter) -> None:
    @contextmanager
    def opening() -> Iterator[str]:
        work.take(1)
        try:
            yield "content"
        finally:
            work.take(2)

    with meter.context("part", opening)() as content:
        work.take(50)
    assert (content, meter.seconds("part")) == ("content", 3)


def test_what_fails_within_a_context_fails_and_the_end_is_counted(
    work: _Work, meter: Meter
) -> None:
    @contextmanager
    def opening() -> Iterator[None]:
        try:
            yield
        finally:
            work.take(2)

    with pytest.raises(ValueError, match="within"), meter.context("part", opening)():
        raise ValueError("within")
    assert meter.seconds("part") == 2


def test_how_often_something_was_counted_is_known(meter: Meter) -> None:
    meter.call("outer", meter.call("inner", lambda: None))()
    assert meter.calls == 2


@pytest.mark.parametrize("counted", COUNTED, ids=lambda each: f"{each.service}{each.name}")
def test_what_is_counted_exists(counted: Counted) -> None:
    owner, name = find(counted)
    assert callable(getattr(owner, name))


def test_the_allocator_is_told_from_the_rest_of_the_library() -> None:
    mapping = libc_mapping("self")
    assert mapping is not None
    library, loaded = CLibrary.here(), ctypes.CDLL(None)

    def place(name: str) -> int:
        address = ctypes.cast(getattr(loaded, name), ctypes.c_void_p).value
        assert address is not None
        return address - mapping.base

    assert [library.part_of(place(name), 0) for name in ("malloc", "free")] == [ALLOCATOR] * 2
    assert library.part_of(place("memset"), place("free") + 1) == FILL
    assert library.part_of(place("memset"), place("calloc") + 1) is None
    assert library.part_of(place("memset"), place("qsort")) is None
    assert library.part_of(place("qsort"), place("free")) is None


def _record(pid: int, place: int, top: int, *, mode: int = 2) -> bytes:
    body = struct.pack("<QII", place, pid, pid) + struct.pack("<QQ", 2, 7)
    body += struct.pack("<QQQ", 8, top, 8)
    return struct.pack("<IHH", 9, mode, 8 + len(body)) + body


def test_samples_are_read_also_where_the_ring_begins_anew() -> None:
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    records = [_record(1, 0x1000, 0x2000), _record(2, 0x3000, 0, mode=1)]
    written = b"".join(records)
    tail = mmap.PAGESIZE - len(records[0]) // 2
    for index, byte in enumerate(written):
        memory[mmap.PAGESIZE + (tail + index) % mmap.PAGESIZE] = byte
    struct.pack_into("<QQ", memory, 1024, tail + len(written), tail)
    ring = Ring(memory)
    assert list(ring.samples()) == [
        Sample(1, 0x1000, 0x2000, in_kernel=False),
        Sample(2, 0x3000, 0, in_kernel=True),
    ]
    assert list(ring.samples()) == []
