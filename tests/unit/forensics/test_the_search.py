"""The search finds what is planted in memory and on disk, and nothing that isn't there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forensics import disk, memory
from tests.forensics.looking import in_file, in_process
from tests.forensics.searching import Index
from tests.forensics.windows import GRAINS, Kind, cut

from lethe.vision.jpeg import encode_jpeg

_RNG = np.random.default_rng(20261126)
_LONG_AGO, _LATELY = 1, 2

_HOLDER = """
import sys
planted = bytearray(sys.stdin.buffer.read())
sys.stdout.write("planted\\n")
sys.stdout.flush()
sys.stdin.close()
import os, signal
if sys.argv[1] == "shared":
    import mmap
    shared = mmap.mmap(-1, len(planted) + 64)
    shared[13 : 13 + len(planted)] = bytes(planted)
    planted = None
signal.pause()
"""


def _crop() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rows = _RNG.normal(128, 40, (112, 112, 3)).clip(0, 255)
    return rows.astype(np.uint8)


def _needles() -> dict[Kind, bytes]:
    crop = _crop()
    return {
        Kind.KEY: os.urandom(32),
        Kind.TEMPLATE: _RNG.normal(0, 0.09, 128).astype("<f4").tobytes(),
        Kind.JPEG: encode_jpeg(crop, 85),
        Kind.PIXELS: crop.tobytes(),
        Kind.TENSOR: crop[:, :, 2].astype(np.float32).tobytes(),
    }


NEEDLES = _needles()


@contextmanager
def a_process_holding(content: bytes, how: str = "private") -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(content)
        process.stdin.close()
        assert process.stdout.readline() == b"planted\n"
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("shift", [0, 1, 3, 4, 7])
def test_a_planted_needle_is_found_in_the_memory_of_a_process(kind: Kind, shift: int) -> None:
    index = Index([cut(kind, NEEDLES[kind], _LONG_AGO)])
    with a_process_holding(os.urandom(shift) + NEEDLES[kind] + os.urandom(40)) as pid:
        found = in_process(index, pid, born_by=_LONG_AGO)
    assert found.births == {kind: {_LONG_AGO}}
    assert found.kept_bytes[kind] >= 8


def test_memory_that_processes_share_is_searched_too() -> None:
    index = Index([cut(Kind.KEY, NEEDLES[Kind.KEY], _LONG_AGO)])
    with a_process_holding(NEEDLES[Kind.KEY], "shared") as pid:
        assert in_process(index, pid, born_by=_LONG_AGO)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_planted_needle_is_found_in_a_file(kind: Kind, tmp_path: Path) -> None:
    index = Index([cut(kind, NEEDLES[kind], _LONG_AGO)])
    path = tmp_path / ".left" / "over"
    path.parent.mkdir()
    path.write_bytes(os.urandom(5) + NEEDLES[kind])
    (found,) = [in_file(index, each, born_by=_LONG_AGO) for each in disk.files_under(tmp_path)]
    assert found.births == {kind: {_LONG_AGO}}


def test_a_needle_that_lies_across_two_chunks_of_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "large"
    key = NEEDLES[Kind.KEY]
    path.write_bytes(bytes(disk._CHUNK - 15) + key + bytes(100))
    index = Index([cut(Kind.KEY, key, _LONG_AGO)])
    assert in_file(index, path, born_by=_LONG_AGO)


def test_a_deleted_file_that_a_process_has_open_is_searched(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    path.write_bytes(NEEDLES[Kind.TEMPLATE])
    with path.open("rb"):
        path.unlink()
        places = list(disk.nameless_files(os.getpid()))
        index = Index([cut(Kind.TEMPLATE, NEEDLES[Kind.TEMPLATE], _LONG_AGO)])
        assert any(in_file(index, place, born_by=_LONG_AGO) for place in places)


@given(data=st.data())
def test_any_piece_of_a_needle_that_is_long_enough_is_found(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(Kind)))
    needle, length = NEEDLES[kind], GRAINS[kind].surely_found_bytes
    # A JPEG begins with tables that are in every JPEG: its picture counts.
    first = 700 if kind is Kind.JPEG else 0
    start = data.draw(st.integers(first, len(needle) - length))
    shift = data.draw(st.integers(0, 15))
    around = bytes(shift) + needle[start : start + length] + bytes(64)
    assert Index([cut(kind, needle, _LONG_AGO)]).search(around, born_by=_LONG_AGO)


def test_any_32_bytes_of_a_template_or_a_key_are_found_wherever_they_lie() -> None:
    assert GRAINS[Kind.TEMPLATE].surely_found_bytes <= 32
    assert GRAINS[Kind.KEY].surely_found_bytes <= 32


def test_what_was_born_after_the_limit_may_still_be_alive() -> None:
    index = Index([cut(Kind.KEY, NEEDLES[Kind.KEY], _LATELY)])
    assert not index.search(NEEDLES[Kind.KEY], born_by=_LONG_AGO)
    assert index.search(NEEDLES[Kind.KEY], born_by=_LATELY)


def test_a_window_of_two_needles_is_as_young_as_the_younger_one() -> None:
    both = [cut(Kind.JPEG, NEEDLES[Kind.JPEG], birth) for birth in (_LATELY, _LONG_AGO)]
    assert not Index(both).search(NEEDLES[Kind.JPEG], born_by=_LONG_AGO)


def test_even_areas_are_no_needles() -> None:
    even = np.full((112, 112, 3), (120, 121, 122), np.uint8)
    assert not len(cut(Kind.PIXELS, even, _LONG_AGO).hashes)
    assert not len(cut(Kind.TENSOR, even[:, :, 0].astype(np.float32), _LONG_AGO).hashes)


def test_nothing_is_found_in_other_pictures_keys_and_templates() -> None:
    index = Index([cut(kind, needle, _LONG_AGO) for kind, needle in NEEDLES.items()])
    for other in _needles().values():
        assert not index.search(other, born_by=_LONG_AGO)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("core", "core.4711"),
        ("dump-%e-%p", "dump-python-4711"),
        ("{elsewhere}/%h/%e.%p", "elsewhere/host/python.4711"),
        ("{elsewhere}/[cores]/all", "elsewhere/[cores]/all.4711"),
    ],
)
def test_core_files_are_found_where_the_kernel_writes_them(
    pattern: str, name: str, tmp_path: Path
) -> None:
    written, other = tmp_path / name, tmp_path / "elsewhere" / "other"
    for each in (written, other):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.touch()
    told = pattern.format(elsewhere=tmp_path / "elsewhere")
    assert disk.core_files(tmp_path, pattern=told) == [written]


def test_core_files_that_a_program_is_given_are_found_where_it_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "systemd" / "core.python.zst"
    kept.parent.mkdir()
    kept.touch()
    monkeypatch.setattr(disk, "_KEPT_BY_PROGRAMS", (kept.parent, tmp_path / "missing"))
    assert disk.core_files(tmp_path, pattern="|/usr/lib/systemd/systemd-coredump %P") == [kept]


def test_a_process_that_ended_has_nothing_in_swap() -> None:
    with a_process_holding(NEEDLES[Kind.KEY]) as pid:
        pass
    assert memory.swapped_bytes(pid) == 0


def test_a_process_that_ended_holds_nothing() -> None:
    with a_process_holding(NEEDLES[Kind.KEY]) as pid:
        pass
    assert list(memory.chunks(pid)) == []
