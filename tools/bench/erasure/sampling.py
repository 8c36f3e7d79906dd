"""Looking some hundred times a second at what each processor does, from outside of the processes.

The kernel takes the samples (`perf_event_open`) and stops nobody for it: a process that handles
keys, and is stopped, is killed by its own timer.
"""

import ctypes
import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

_LIBC = ctypes.CDLL(None, use_errno=True)
_SYSCALL = {"x86_64": 298, "aarch64": 241}
_STACK_REGISTER = {"x86_64": 7, "aarch64": 31}
_TYPE_SOFTWARE, _CPU_CLOCK = 1, 0
_ATTRIBUTES = struct.Struct("<IIQQQQQIIQQQQIi")
_IP, _TID, _REGISTERS, _STACK = 1 << 0, 1 << 1, 1 << 12, 1 << 13
_DISABLED, _WITHOUT_IDLE, _BY_FREQUENCY = 1 << 0, 1 << 7, 1 << 10
_ENABLE, _DISABLE = 0x2400, 0x2401
_STACK_BYTES = 8
_PAGES = 128
_HEADER = struct.Struct("<IHH")
_WHERE = struct.Struct("<QII")
_SAMPLE = 9
_IN_USER_MODE = 2
_HEAD_AT, _TAIL_AT = 1024, 1032
_POLL_S = 0.1


class NoSamples(Exception):
    """The kernel gives none: it has no such interface, or it isn't allowed."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a processor was at.

    Attributes
    ----------
    place
        Address of the instruction.
    top
        The word on top of the stack; 0 where it wasn't taken.
    in_kernel
        Whether the process was in a call of the kernel.
    """

    pid: int
    place: int
    top: int
    in_kernel: bool


@contextmanager
def sampling(take: Callable[[Sample], None], *, per_s: int) -> Iterator[None]:
    """Take samples of all processes on all processors until the block ends.

    Parameters
    ----------
    take
        Gets every sample, on a thread of its own.

    Raises
    ------
    NoSamples
        If the kernel gives none.
    """
    ended = threading.Event()
    with ExitStack() as stack:
        processors = sorted(os.sched_getaffinity(0))
        rings = [stack.enter_context(_ring(number, per_s)) for number in processors]

        def read() -> None:
            while not ended.wait(_POLL_S):
                for ring in rings:
                    for sample in ring.samples():
                        take(sample)

        reader = threading.Thread(target=read, name="samples")
        reader.start()
        try:
            yield
        finally:
            ended.set()
            reader.join()


class Ring:
    """The memory that the kernel writes the samples of one processor into."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._size = len(memory) - mmap.PAGESIZE

    def samples(self) -> Iterator[Sample]:
        """Yield what came since the last time."""
        (head,) = struct.unpack_from("<Q", self._memory, _HEAD_AT)
        (tail,) = struct.unpack_from("<Q", self._memory, _TAIL_AT)
        while tail < head:
            kind, mode, size = _HEADER.unpack(self._bytes(tail, _HEADER.size))
            if kind == _SAMPLE:
                yield _sample(self._bytes(tail + _HEADER.size, size - _HEADER.size), mode)
            tail += size
        struct.pack_into("<Q", self._memory, _TAIL_AT, tail)

    def _bytes(self, at: int, size: int) -> bytes:
        begin = at % self._size
        first = min(size, self._size - begin)
        base = mmap.PAGESIZE
        return (
            self._memory[base + begin : base + begin + first]
            + self._memory[base : base + size - first]
        )


def _sample(body: bytes, mode: int) -> Sample:
    place, pid, _ = _WHERE.unpack_from(body)
    at = _WHERE.size
    (registers,) = struct.unpack_from("<Q", body, at)
    at += 8 + (8 if registers else 0)
    (dumped,) = struct.unpack_from("<Q", body, at)
    top = struct.unpack_from("<Q", body, at + 8)[0] if dumped else 0
    return Sample(pid, place, top, in_kernel=mode & 7 != _IN_USER_MODE)


@contextmanager
def _ring(processor: int, per_s: int) -> Iterator[Ring]:
    machine = os.uname().machine
    if machine not in _SYSCALL:
        raise NoSamples(f"not known how to ask for them on {machine}")
    what = _IP | _TID | _REGISTERS | _STACK
    how = _DISABLED | _WITHOUT_IDLE | _BY_FREQUENCY
    register = 1 << _STACK_REGISTER[machine]
    # linux/perf_event.h, struct perf_event_attr, third version.
    attributes = bytearray(
        _ATTRIBUTES.pack(
            *(_TYPE_SOFTWARE, _ATTRIBUTES.size, _CPU_CLOCK, per_s, what, 0, how),
            *(0, 0, 0, 0, 0),
            *(register, _STACK_BYTES, 0),
        )
    )
    asked = (ctypes.c_char * len(attributes)).from_buffer(attributes)
    opened = _LIBC.syscall(_SYSCALL[machine], asked, -1, processor, -1, 0)
    if opened < 0:
        raise NoSamples(os.strerror(ctypes.get_errno()))
    try:
        with mmap.mmap(opened, (1 + _PAGES) * mmap.PAGESIZE) as memory:
            fcntl.ioctl(opened, _ENABLE, 0)
            yield Ring(memory)
            fcntl.ioctl(opened, _DISABLE, 0)
    finally:
        os.close(opened)
