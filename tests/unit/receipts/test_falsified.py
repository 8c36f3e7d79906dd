"""Whatever is done to a file that holds: it is found out."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.support.receipts import Log, a_log, file_of, successor, verify

from lethe.receipts.errors import ReceiptsError

_FIRST = a_log(3)
_SECOND = successor(_FIRST, "t2", slots=2)
_BLOCKS = file_of(_FIRST, _SECOND)
_ENTRIES = [index for index, block in enumerate(_BLOCKS) if block.startswith(b"{")]
_SEEN = [_FIRST.last, _SECOND.last]
_index = st.integers(0, len(_BLOCKS) - 1)
_entry = st.sampled_from(_ENTRIES)


def is_found_out(blocks: list[bytes]) -> bool:
    """Tell whether what was made of the good file isn't taken for one."""
    try:
        verify(blocks, witnessed=_SEEN)
    except ReceiptsError:
        return True
    return False


def test_the_file_is_good_before_anything_is_done_to_it() -> None:
    assert not is_found_out(_BLOCKS)


@settings(max_examples=400, deadline=None)
@given(index=st.integers(1, len(_BLOCKS) - 1), data=st.data())
def test_a_changed_byte_anywhere_is_found_out(index: int, data: st.DataObject) -> None:
    block = _BLOCKS[index]
    at = data.draw(st.integers(0, len(block) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != block[at]))
    changed = block[:at] + bytes([byte]) + block[at + 1 :]
    assert is_found_out([*_BLOCKS[:index], changed, *_BLOCKS[index + 1 :]])


@settings(max_examples=200, deadline=None)
@given(index=_entry, data=st.data())
def test_a_changed_number_that_still_adds_up_is_found_out(index: int, data: st.DataObject) -> None:
    block = _BLOCKS[index]
    digits = [at for at, byte in enumerate(block) if chr(byte).isdigit()]
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([d for d in b"123456789" if d != block[at]]))
    changed = block[:at] + bytes([digit]) + block[at + 1 :]
    assert is_found_out([*_BLOCKS[:index], changed, *_BLOCKS[index + 1 :]])


@pytest.mark.parametrize("index", _ENTRIES)
def test_a_dropped_entry_is_found_out(index: int) -> None:
    assert is_found_out([*_BLOCKS[:index], *_BLOCKS[index + 1 :]])


@settings(max_examples=200, deadline=None)
@given(entry=_entry, index=st.integers(1, len(_BLOCKS)))
def test_an_inserted_entry_is_found_out(entry: int, index: int) -> None:
    assert is_found_out([*_BLOCKS[:index], _BLOCKS[entry], *_BLOCKS[index:]])


@settings(max_examples=200, deadline=None)
@given(one=_entry, other=_entry)
def test_swapped_entries_are_found_out(one: int, other: int) -> None:
    swapped = list(_BLOCKS)
    swapped[one], swapped[other] = _BLOCKS[other], _BLOCKS[one]
    assert one == other or is_found_out(swapped)


@settings(max_examples=200, deadline=None)
@given(entry=_entry, index=_index)
def test_a_moved_entry_is_found_out(entry: int, index: int) -> None:
    rest = [block for at, block in enumerate(_BLOCKS) if at != entry]
    moved = [*rest[:index], _BLOCKS[entry], *rest[index:]]
    assert moved == _BLOCKS or is_found_out(moved)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_file_that_ends_earlier_is_found_out_by_a_witness(data: st.DataObject) -> None:
    whole = b"".join(_BLOCKS)
    assert is_found_out([whole[: data.draw(st.integers(0, len(whole) - 1))]])


def test_a_cut_at_a_checkpoint_is_found_out_by_a_witness_alone() -> None:
    log = Log().begin().sign()
    short = file_of(log)
    whole = file_of(log.slot().sign())
    assert verify(whole).entries == 4
    assert verify(short[: len(short)]).entries == 2
    with pytest.raises(ReceiptsError):
        verify(short, witnessed=[log.last])


def test_of_all_blocks_only_a_checkpoint_between_others_may_be_left_out() -> None:
    for index, block in enumerate(_BLOCKS):
        following = _BLOCKS[index + 1 : index + 2]
        is_between = block.startswith(b"checkpoint") and following[:1] != []
        is_between = is_between and following[0].startswith(b"{")
        dropped = [*_BLOCKS[:index], *_BLOCKS[index + 1 :]]
        assert is_found_out(dropped) != is_between
