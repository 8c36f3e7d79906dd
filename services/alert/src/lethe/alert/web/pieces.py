"""Frames on their way to a client, many in one piece."""

from collections.abc import Iterable, Iterator, Sequence

from lethe.runtime.websockets import Wire

_PIECE_BYTES = 32_768
"""What a client hasn't read yet lies here: no more than a piece is added to it at once."""


def written(wire: Wire, frames: Iterable[bytes]) -> Sequence[bytes]:
    """Write frames as long as the client reads; return what is left of them, in pieces.

    Raises
    ------
    ConnectionResetError
        If the connection is closed.
    """
    pieces = _in_pieces(frames)
    for piece in pieces:
        if not wire.write(piece):
            return [piece, *pieces]
    return ()


def _in_pieces(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Join frames to pieces, each with one frame at least."""
    piece: list[bytes] = []
    size = 0
    for frame in frames:
        if piece and size + len(frame) > _PIECE_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
        piece.append(frame)
        size += len(frame)
    if piece:
        yield b"".join(piece)
