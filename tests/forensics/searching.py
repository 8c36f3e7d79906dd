"""Looking for the windows of all needles in a stretch of bytes, at a second or so per gigabyte."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from tests.forensics.windows import GRAINS, LEVELS, WORD_BYTES, Kind, Windows, Words, combined

# So many bits of the table in front for each window: few that aren't there get past it.
_ROOM = 32
_KINDS = list(Kind)
_MIXERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


@dataclass(slots=True)
class Found:
    """What was found in some place.

    Attributes
    ----------
    kept_bytes
        By kind. They are those of the windows that are looked for: a lower bound.
    births
        Of the needles that were found, by kind.
    """

    kept_bytes: Counter[Kind] = field(default_factory=Counter)
    births: dict[Kind, set[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether anything was found."""
        return bool(self.kept_bytes)

    def __iadd__(self, other: Self) -> Self:
        """Add what was found elsewhere."""
        self.kept_bytes += other.kept_bytes
        for kind, births in other.births.items():
            self.births.setdefault(kind, set()).update(births)
        return self


class Index:
    """The windows of all needles, ready to be looked up.

    Parameters
    ----------
    windows
        Of any kinds. A window that several needles have in common belongs to the latest born.
    """

    def __init__(self, windows: Iterable[Windows]) -> None:
        parts = list(windows)
        self._tables = {
            level: _Table([part for part in parts if GRAINS[part.kind].level == level])
            for level in LEVELS
        }

    def search(self, content: bytes | memoryview, *, born_by: int) -> Found:
        """Return what the content holds of needles that were born at a limit or before.

        Parameters
        ----------
        content
            Its beginning counts as aligned to eight bytes.
        """
        found = Found()
        words = np.frombuffer(content, np.uint64, count=len(content) // WORD_BYTES)
        if not words.any():
            return found
        for level, table in self._tables.items():
            if len(words) >= 1 << level:
                table.search(combined(words, level), born_by, found)
        return found


class _Table:
    """Sorted hashes of one length of window, with a bit table in front."""

    def __init__(self, parts: list[Windows]) -> None:
        hashes = np.concatenate([part.hashes for part in parts] or [np.zeros(0, np.uint64)])
        births = np.concatenate([part.births for part in parts] or [np.zeros(0, np.int64)])
        kinds = np.concatenate(
            [np.full(len(part.hashes), _KINDS.index(part.kind), np.uint8) for part in parts]
            or [np.zeros(0, np.uint8)]
        )
        order = np.lexsort((births, hashes))
        hashes, births, kinds = hashes[order], births[order], kinds[order]
        # The last of equal hashes is the latest born.
        last = np.append(hashes[1:] != hashes[:-1], np.ones(min(1, len(hashes)), bool))
        self._hashes, self._births, self._kinds = hashes[last], births[last], kinds[last]
        bits = max(3, (len(self._hashes) * _ROOM).bit_length())
        self._shift = np.uint64(64 - bits)
        self._filter = np.zeros(1 << (bits - 3), np.uint8)
        for mixer in _MIXERS:
            places = self._places(self._hashes, mixer)
            np.bitwise_or.at(
                self._filter, places >> 3, np.uint8(1) << (places & 7).astype(np.uint8)
            )

    def search(self, hashes: Words, born_by: int, found: Found) -> None:
        if not len(self._hashes):
            return
        maybe = hashes
        for mixer in _MIXERS:
            places = self._places(maybe, mixer)
            bits = self._filter[places >> 3] >> (places & 7).astype(np.uint8)
            maybe = maybe[bits & 1 == 1]
        at = np.minimum(np.searchsorted(self._hashes, maybe), len(self._hashes) - 1)
        at = at[self._hashes[at] == maybe]
        at = at[self._births[at] <= born_by]
        for index in np.unique(self._kinds[at]):
            kind, of_kind = _KINDS[index], at[self._kinds[at] == index]
            found.births.setdefault(kind, set()).update(self._births[of_kind].tolist())
            # A window of a dense kind is followed by another one a word later.
            found.kept_bytes[kind] += len(of_kind) * WORD_BYTES

    def _places(self, hashes: Words, mixer: np.uint64) -> NDArray[np.int64]:
        return ((hashes * mixer) >> self._shift).astype(np.int64)
