"""However a stream is cut on the way, and whatever a careless camera makes of it."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given

from lethe.ingest.sources.multipart import MAX_HEAD_BYTES, MultipartParser

BODIES = st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6)


def stream(bodies: list[bytes], *, states_length: bool, dashes: bytes = b"--") -> bytes:
    parts = []
    for body in bodies:
        length = f"Content-Length: {len(body)}\r\n" if states_length else ""
        head = f"Content-Type: image/jpeg\r\n{length}\r\n".encode()
        parts.append(dashes + b"cut\r\n" + head + body + b"\r\n")
    return b"".join(parts) + dashes + b"cut"


def fed(parser: MultipartParser, data: bytes, sizes: list[int]) -> list[bytes]:
    found, place, turn = [], 0, 0
    while place < len(data):
        size = sizes[turn % len(sizes)]
        found += [part.tobytes() for part in parser.feed(memoryview(data[place : place + size]))]
        place, turn = place + size, turn + 1
    return found


def room_of(parser: MultipartParser) -> np.ndarray:
    return np.frombuffer(parser._room, np.uint8)


@given(BODIES, st.lists(st.integers(1, 90), min_size=1, max_size=8), st.booleans())
@example([b"\r\n\r\n"], [1], True)
def test_parts_come_whole_however_they_were_cut(
    bodies: list[bytes], sizes: list[int], states_length: bool
) -> None:
    # Without a length a line end before the boundary is the boundary's, and a boundary is one.
    bodies = [body.replace(b"--cut", b"cut") for body in bodies]
    if not states_length:
        bodies = [b"\xff\xd8" + body + b"\xff\xd9" for body in bodies]
    parser = MultipartParser(b"cut")
    assert fed(parser, stream(bodies, states_length=states_length), sizes) == bodies
    assert (parser.found, parser.broken) == (len(bodies), 0)


@given(st.binary(max_size=3000), st.lists(st.integers(1, 500), min_size=1, max_size=5))
def test_garbage_is_passed_over_and_the_next_part_is_found(data: bytes, sizes: list[int]) -> None:
    parser = MultipartParser(b"cut", max_part_bytes=1000)
    fed(parser, data, sizes)
    # What a length announced may swallow some; two boundaries further on all is well again.
    filler = stream([b"x" * 400] * 12, states_length=True)
    fed(parser, b"\n" * MAX_HEAD_BYTES + filler, sizes)
    assert fed(parser, stream([b"", b"picture"][1:], states_length=True), [50])[-1] == b"picture"
    assert parser._length <= 1000 + MAX_HEAD_BYTES + 500


@given(BODIES, st.integers(1, 60))
def test_nothing_of_a_part_is_left_when_it_is_over(bodies: list[bytes], size: int) -> None:
    bodies = [b"\xff" + body.replace(b"--cut", b"cut") for body in bodies]
    parser = MultipartParser(b"cut")
    fed(parser, stream(bodies, states_length=True), [size])
    room = room_of(parser)
    assert parser.held_bytes == 0
    assert not room[parser._length :].any()
    parser.reset()
    assert not room.any()


@pytest.mark.parametrize("named", [b"cut", b"--cut", b"----cut"])
@pytest.mark.parametrize("dashes", [b"--", b"----"])
def test_cameras_that_miscount_the_dashes_are_understood(named: bytes, dashes: bytes) -> None:
    parser = MultipartParser(named)
    data = stream([b"one", b"two"], states_length=True, dashes=dashes)
    assert fed(parser, data, [7]) == [b"one", b"two"]


def test_bare_line_feeds_are_understood() -> None:
    parser = MultipartParser(b"cut")
    data = b"--cut\nContent-Length: 3\n\none\n--cut\nContent-Length: 3\n\ntwo"
    assert fed(parser, data, [5]) == [b"one", b"two"]


def test_a_part_that_is_too_large_is_counted_and_passed_over() -> None:
    parser = MultipartParser(b"cut", max_part_bytes=100)
    data = stream([b"a" * 101, b"small", b"b" * 5000], states_length=True)
    assert fed(parser, data, [64]) == [b"small"]
    assert parser.broken == 2


def test_a_part_without_a_length_and_without_an_end_is_given_up() -> None:
    parser = MultipartParser(b"cut", max_part_bytes=1000)
    assert fed(parser, b"--cut\r\n\r\n" + b"x" * 5000, [512]) == []
    assert parser.broken == 1
    assert parser._length < len(b"--cut")
    assert fed(parser, stream([b"next"], states_length=True), [512]) == [b"next"]


def test_a_length_that_reaches_into_the_next_part_spoils_only_its_own() -> None:
    parser = MultipartParser(b"cut")
    data = b"--cut\r\nContent-Length: 60\r\n\r\nshort\r\n" + stream(
        [b"next", b"last"], states_length=True
    )
    assert fed(parser, data, [11]) == [b"next", b"last"]
    assert parser.broken == 1


@pytest.mark.parametrize("length", [b"0", b"-5", b"many", b"9" * 400])
def test_a_length_that_makes_no_sense_does_no_harm(length: bytes) -> None:
    parser = MultipartParser(b"cut")
    data = b"--cut\r\nContent-Length: " + length + b"\r\n\r\nbody\r\n"
    assert fed(parser, data + stream([b"next"], states_length=True), [9])[-1] == b"next"


def test_a_head_without_an_end_is_given_up() -> None:
    parser = MultipartParser(b"cut")
    fed(parser, b"--cut\r\n" + b"X-Long: y\r\n" * 1000, [256])
    assert parser.broken == 1
    assert fed(parser, stream([b"next"], states_length=True), [256]) == [b"next"]


def test_a_large_part_makes_room_without_leaving_a_copy() -> None:
    parser = MultipartParser(b"cut")
    old = room_of(parser)
    body = b"\xff" * (old.size + 10)
    assert fed(parser, stream([body], states_length=True), [65_536]) == [body]
    assert not old.any()
