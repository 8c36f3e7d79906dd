"""Owned memory for biometric bytes: reused, kept out of core dumps, overwritten on release.

Memory that is freed rather than overwritten keeps its bytes until somebody else needs it, which
may be never. So images, crops and templates live here, and every lease ends with `wipe`.
"""

from __future__ import annotations

import ctypes
import math
import mmap
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from lethe.vision.errors import BufferTooSmall

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)

# Views start at multiples of this, which suits every SIMD load.
_ALIGNMENT_BYTES = 64
# Of numpy's allocator (numpy/_core/src/multiarray/alloc.c), and one more block to be sure.
_CACHED_BELOW_BYTES = 1024
_CACHED_BLOCKS = 8


class WipedBuffer:
    """One private anonymous mapping that is overwritten on release.

    Used as a context manager it is wiped when the block ends, also by an exception. It isn't
    thread-safe: one owner at a time.

    Parameters
    ----------
    size_bytes
        What it holds; rounded up to whole pages.
    """

    def __init__(self, size_bytes: int) -> None:
        if size_bytes < 1:
            raise ValueError("a buffer needs at least one byte")
        pages = math.ceil(size_bytes / mmap.PAGESIZE)
        self._memory = mmap.mmap(
            -1, pages * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        )
        self._memory.madvise(mmap.MADV_DONTDUMP)
        # A forked child has no business with biometric bytes.
        self._memory.madvise(mmap.MADV_DONTFORK)
        self._bytes = np.frombuffer(self._memory, dtype=np.uint8)
        self._used_bytes = 0
        self.locked = _try_lock(self._bytes)

    @property
    def size_bytes(self) -> int:
        """What the buffer holds."""
        return self._bytes.size

    def array(
        self, shape: tuple[int, ...], dtype: type[Scalar], *, offset_bytes: int = 0
    ) -> NDArray[Scalar]:
        """Give a view of the memory; views at the same offset share it.

        Raises
        ------
        BufferTooSmall
            The array doesn't fit behind the offset.
        """
        needed = math.prod(shape) * np.dtype(dtype).itemsize
        if offset_bytes < 0 or offset_bytes + needed > self.size_bytes:
            raise BufferTooSmall(
                f"{needed} bytes at offset {offset_bytes} exceed a buffer of {self.size_bytes}"
            )
        self._used_bytes = max(self._used_bytes, offset_bytes + needed)
        return self._bytes[offset_bytes : offset_bytes + needed].view(dtype).reshape(shape)

    def wipe(self) -> None:
        """Overwrite with zero every byte that was ever lent out; views stay valid, see zeros."""
        self._bytes[: self._used_bytes].fill(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"<WipedBuffer of {self.size_bytes} bytes>"


def scrub_array_cache(size_bytes: int) -> None:
    """Overwrite the blocks of a size that numpy keeps for its next arrays.

    numpy doesn't free the content of small arrays: it keeps up to seven blocks of every size
    below a kilobyte, as they were. Taking all of them out at once, zeroed, leaves nothing in them.
    """
    if size_bytes < _CACHED_BELOW_BYTES:
        taken = [np.zeros(size_bytes, np.uint8) for _ in range(_CACHED_BLOCKS)]
        taken.clear()


def aligned(size_bytes: int) -> int:
    """Round a size up, so that the next view in the same buffer starts on a good address."""
    return -(-size_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _try_lock(memory: NDArray[np.uint8]) -> bool:
    """Keep memory out of swap where the limits of the process allow it."""
    library = ctypes.CDLL(None, use_errno=True)
    return bool(
        library.mlock(ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.size)) == 0
    )
