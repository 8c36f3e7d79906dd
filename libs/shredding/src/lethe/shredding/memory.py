"""Memory for keys and what they seal: locked where allowed, left out of core dumps, overwritten."""

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_LIBC = ctypes.CDLL(None, use_errno=True)
_MADV_DONTDUMP = 16
_BYTES_HEADER = bytes.__basicsize__ - 1
_INTERNED_LENGTH = 1

BLOCK_BYTES = 161 * 32
"""Room for the largest expansion of a slot key, and for the key that it is expanded with."""

_BLOCKS_PER_CHUNK = 48


def wipe(view: memoryview) -> None:
    """Overwrite a writable buffer with zeros."""
    if view.nbytes:
        ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(view)), 0, view.nbytes)


def wipe_bytes(secret: bytes) -> None:
    """Overwrite a `bytes` object that nobody else may hold.

    Libraries return secrets as immutable objects; in CPython their content lies at a fixed
    offset, and overwriting it before the last reference goes leaves nothing in freed memory.
    Only for objects fresh from such a call: never for literals or interned values.
    """
    if len(secret) > _INTERNED_LENGTH:
        ctypes.memset(id(secret) + _BYTES_HEADER, 0, len(secret))


class SecretArena:
    """Blocks of `BLOCK_BYTES` within locked, undumpable pages.

    Thread-safe. Pages are never returned to the allocator while the process lives, so no
    other code is handed memory that held a key.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._free: list[memoryview] = []
        self._chunks: list[mmap.mmap] = []

    def take(self) -> memoryview:
        """Return a zeroed block."""
        with self._lock:
            if not self._free:
                self._grow()
            return self._free.pop()

    def give_back(self, block: memoryview) -> None:
        """Overwrite a block and make it available again."""
        wipe(block)
        with self._lock:
            self._free.append(block)

    def is_clear(self) -> bool:
        """Tell whether every byte of every chunk is zero."""
        with self._lock:
            return all(not any(memoryview(chunk)) for chunk in self._chunks)

    def _grow(self) -> None:
        chunk = _pages(BLOCK_BYTES * _BLOCKS_PER_CHUNK)
        view = memoryview(chunk)
        self._chunks.append(chunk)
        self._free.extend(
            view[i * BLOCK_BYTES : (i + 1) * BLOCK_BYTES] for i in range(_BLOCKS_PER_CHUNK)
        )


class ClearRoom:
    """Room for one clear copy at a time, used again for the next: all zeros in between.

    Not thread-safe.
    """

    def __init__(self) -> None:
        self._pages = _pages(mmap.PAGESIZE)

    @contextmanager
    def lent(self, size_bytes: int) -> Iterator[memoryview]:
        """Lend zeroed memory, overwritten when the block ends."""
        if size_bytes > len(self._pages):
            self._pages = _pages(size_bytes)
        view = memoryview(self._pages)[:size_bytes]
        try:
            yield view
        finally:
            wipe(view)

    def is_clear(self) -> bool:
        """Tell whether every byte is zero."""
        return not any(memoryview(self._pages))


def _pages(size_bytes: int) -> mmap.mmap:
    pages = mmap.mmap(-1, size_bytes)
    address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    # Either may be refused (limits of the container); the key's life doesn't depend on it.
    _LIBC.mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(pages)))
    _LIBC.madvise(ctypes.c_void_p(address), ctypes.c_size_t(len(pages)), _MADV_DONTDUMP)
    return pages
