"""HTTP's chunks, however they were cut on the way."""

from __future__ import annotations

from contextlib import suppress

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lethe.ingest.sources.chunked import ChunkedDecoder
from lethe.ingest.sources.errors import SourceLost


def fed(decoder: ChunkedDecoder, data: bytes, size: int) -> bytes:
    return b"".join(
        bytes(piece)
        for place in range(0, len(data), size)
        for piece in decoder.feed(memoryview(data[place : place + size]))
    )


@given(st.lists(st.binary(min_size=1, max_size=100), max_size=6), st.integers(1, 40))
def test_the_payload_comes_whole(chunks: list[bytes], size: int) -> None:
    data = b"".join(b"%x;note=1\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    assert fed(ChunkedDecoder(), data, size) == b"".join(chunks)


def test_the_last_chunk_ends_the_stream() -> None:
    with pytest.raises(SourceLost, match="ended the stream"):
        fed(ChunkedDecoder(), b"3\r\nabc\r\n0\r\n\r\n", 100)


@pytest.mark.parametrize(
    "data",
    [b"\r\n", b"xyz\r\n", b"-3\r\nabc", b"ffffffffff\r\n", b"3\r\nabcd\r\n", b"1" * 300],
)
def test_what_is_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(SourceLost, match="malformed"):
        fed(ChunkedDecoder(), data, 100)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_garbage_ends_the_stream_or_gives_some_of_it(data: bytes, size: int) -> None:
    given: list[int] = []
    decoder = ChunkedDecoder()
    with suppress(SourceLost):
        for place in range(0, len(data), size):
            pieces = decoder.feed(memoryview(data[place : place + size]))
            given.extend(len(piece) for piece in pieces)
    assert sum(given) <= len(data)
