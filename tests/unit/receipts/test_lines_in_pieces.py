"""Lines of a file that comes in pieces: those of a stream, and no more held than is needed."""

from collections.abc import Iterator
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from lethe.receipts.canonical import LONGEST_LINE
from lethe.receipts.exports import lines_in, read_lines

CONTENT = st.text(alphabet="ab|{\n\r", max_size=60).map(str.encode)


@given(content=CONTENT, size=st.integers(min_value=1, max_value=9))
def test_they_are_those_of_a_stream_however_it_is_cut(content: bytes, size: int) -> None:
    pieces = (content[start : start + size] for start in range(0, len(content), size))
    assert list(lines_in(pieces)) == list(read_lines(BytesIO(content)))


def test_a_line_is_given_before_the_next_piece_is_read() -> None:
    read: list[bytes | None] = []

    def pieces() -> Iterator[bytes]:
        for piece in (b"one\ntw", b"o\n", b"three"):
            read.append(piece)
            yield piece

    lines = lines_in(pieces())
    assert next(lines) == b"one\n"
    assert read == [b"one\ntw"]
    assert list(lines) == [b"two\n", b"three"]


def test_what_has_no_end_is_given_up_as_too_long() -> None:
    read: list[bytes | None] = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(None)
            yield b"a" * LONGEST_LINE

    [line] = lines_in(endless())
    assert len(line) > LONGEST_LINE
    assert len(read) == 2
