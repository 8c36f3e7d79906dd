"""Short stretches of bytes by which a piece of something larger is recognised wherever it lies.

A *window* is a run of whole 8-byte words. What is searched is read at multiples of eight bytes,
so a needle gives a window for every way in which it may lie across them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

WORD_BYTES = 8
_START_OF_SCAN = b"\xff\xda"
_SCAN_HEADER_BYTES = 14
# Odd multipliers of 64 bits, one for each doubling of the window.
_MULTIPLIERS = (
    0x9E3779B97F4A7C15,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0xD6E8FEB86659FD93,
    0xFF51AFD7ED558CCD,
)

Words = NDArray[np.uint64]


class Kind(StrEnum):
    """What is looked for."""

    KEY = "key"
    TEMPLATE = "template"
    JPEG = "jpeg"
    PIXELS = "pixels"
    TENSOR = "network input"


@dataclass(frozen=True, slots=True)
class Grain:
    """How a kind is cut into windows.

    Attributes
    ----------
    level
        A window has 2**level words.
    stride_bytes
        From one group of windows to the next.
    distinct
        Windows with fewer different values (bytes; floats for tensors) are left out: an even area
        is found everywhere and says nothing.
    """

    level: int
    stride_bytes: int
    distinct: int

    @property
    def window_bytes(self) -> int:
        """The length of a window."""
        return WORD_BYTES << self.level

    @property
    def surely_found_bytes(self) -> int:
        """A piece of this length holds a whole window, wherever it was cut out and put."""
        return self.stride_bytes + self.window_bytes + WORD_BYTES - 1


# 16 bytes of keys, templates and JPEGs are unique. Pixels need twice that to be, and floats that
# hold whole numbers from 0 to 255 need 32 of them.
GRAINS = {
    Kind.KEY: Grain(level=1, stride_bytes=8, distinct=8),
    Kind.TEMPLATE: Grain(level=1, stride_bytes=8, distinct=8),
    Kind.JPEG: Grain(level=1, stride_bytes=128, distinct=8),
    Kind.PIXELS: Grain(level=2, stride_bytes=64, distinct=14),
    Kind.TENSOR: Grain(level=4, stride_bytes=512, distinct=14),
}
LEVELS = sorted({grain.level for grain in GRAINS.values()})


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of some needles of one kind.

    Attributes
    ----------
    hashes
        One per window.
    births
        Of the needle that each belongs to.
    """

    kind: Kind
    hashes: Words = field(repr=False)
    births: NDArray[np.int64] = field(repr=False)


def combined(words: Words, level: int) -> Words:
    """Return at every position a hash of the 2**level words that begin there.

    Parameters
    ----------
    words
        uint64, any shape; the last axis is the one along which words follow each other.
    """
    hashes = words
    for doubling in range(level):
        half = 1 << doubling
        multiplier = np.uint64(_MULTIPLIERS[doubling])
        hashes = hashes[..., :-half] * multiplier + hashes[..., half:]
    return hashes


def cut(kind: Kind, content: bytes | NDArray[np.generic], birth: int) -> Windows:
    """Cut one needle into windows.

    Parameters
    ----------
    birth
        A number that grows with time: what was born later than a limit may still be alive.
    """
    grain = GRAINS[kind]
    raw = content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
    data = np.frombuffer(raw, np.uint8)[_telling_from(kind, raw) :]
    bases = np.arange(0, max(0, len(data) - grain.window_bytes + 1), grain.stride_bytes)
    starts = (bases[:, None] + np.arange(WORD_BYTES)[None, :]).ravel()
    starts = starts[starts + grain.window_bytes <= len(data)]
    if not len(starts):
        return Windows(kind, np.zeros(0, np.uint64), np.zeros(0, np.int64))
    slices = np.lib.stride_tricks.sliding_window_view(data, grain.window_bytes)[starts]
    values = slices.view(np.uint32) if kind is Kind.TENSOR else slices
    telling = slices[_distinct(values) >= grain.distinct]
    hashes = combined(telling.view(np.uint64), grain.level)[:, 0]
    return Windows(kind, hashes, np.full(len(hashes), birth, np.int64))


def joined(kind: Kind, parts: list[Windows]) -> Windows:
    """Return the windows of many needles of a kind as one."""
    if not parts:
        return cut(kind, b"", 0)
    return Windows(
        kind,
        np.concatenate([part.hashes for part in parts]),
        np.concatenate([part.births for part in parts]),
    )


def _telling_from(kind: Kind, raw: bytes) -> int:
    """Return where a JPEG's picture begins: the tables before are those of every JPEG."""
    scan = raw.rfind(_START_OF_SCAN) if kind is Kind.JPEG else -1
    return scan + _SCAN_HEADER_BYTES if scan >= 0 else 0


def _distinct(rows: NDArray[np.generic]) -> NDArray[np.intp]:
    ordered = np.sort(rows, axis=1)
    changes: NDArray[np.intp] = np.count_nonzero(ordered[:, 1:] != ordered[:, :-1], axis=1)
    return changes + 1
