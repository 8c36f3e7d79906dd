"""A log is handed on in pieces, each covered by a checkpoint, and nothing else is."""

from io import BytesIO

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.support.receipts import SIGNER, Log, a_log, file_of

from lethe.receipts.errors import Refuted
from lethe.receipts.hashing import Frontier
from lethe.receipts.pieces import Piece, Place, extended, place_behind, read_piece

_LOG = a_log(4)
_FILE = b"".join(file_of(_LOG))
_LEAVES = [line for line in _FILE.splitlines() if line.startswith(b"{")]


def pieces_of(content: bytes, wanted_bytes: int = 0) -> list[Piece]:
    found: list[Piece] = []
    stream, place = BytesIO(content), Place()
    while (piece := read_piece(stream, place, wanted_bytes)) is not None:
        found.append(piece)
        place = piece.end
    return found


@given(wanted_bytes=st.integers(0, 2 * len(_FILE)))
def test_pieces_of_any_size_are_the_log(wanted_bytes: int) -> None:
    pieces = pieces_of(_FILE, wanted_bytes)
    assert [leaf for piece in pieces for leaf in piece.leaves] == _LEAVES
    assert pieces[-1].end == Place(len(_FILE), len(_LEAVES))
    tree = Frontier()
    for piece in pieces:
        assert piece.first == tree.size
        tree, _ = extended(tree, _LOG.origin, piece.leaves, piece.checkpoint, SIGNER.verifier)


@settings(max_examples=200)
@given(length=st.integers(0, len(_FILE)))
def test_of_a_file_that_is_being_written_only_what_is_signed_is_handed_on(length: int) -> None:
    pieces = pieces_of(_FILE[:length])
    whole = pieces_of(_FILE)
    assert pieces == whole[: len(pieces)]
    assert not pieces or pieces[-1].end.at_bytes <= length


def test_reading_goes_on_behind_any_checkpoint_and_nowhere_else() -> None:
    ends = {piece.end.entries: piece.end for piece in pieces_of(_FILE)}
    for entries in range(1, len(_LEAVES) + 2):
        assert place_behind(BytesIO(_FILE), entries) == ends.get(entries)


def _altered(leaves: list[bytes]) -> list[bytes]:
    return [leaves[0].replace(b'"budget_ms":1000', b'"budget_ms":999'), *leaves[1:]]


@pytest.mark.parametrize(
    "change",
    [
        _altered,
        lambda leaves: leaves[1:],
        lambda leaves: [*leaves, leaves[-1]],
        lambda leaves: leaves[::-1],
        lambda leaves: [leaves[0] + b"\n" + leaves[1], *leaves[2:]],
        lambda _leaves: [b"{}"],
    ],
)
def test_entries_that_were_not_signed_are_refused(change: object) -> None:
    piece = pieces_of(_FILE)[0]
    assert callable(change)
    leaves = change(list(piece.leaves))
    with pytest.raises(Refuted):
        extended(Frontier(), _LOG.origin, leaves, piece.checkpoint, SIGNER.verifier)


def test_a_checkpoint_of_another_log_or_key_is_refused() -> None:
    piece = pieces_of(_FILE)[0]
    other = Log(term="t2")
    for origin, note in (
        (other.origin, piece.checkpoint),
        (_LOG.origin, str(other.begin().sign().last.sign(SIGNER))),
        (_LOG.origin, piece.checkpoint.replace("lethe-receipts/test ", "somebody/else ")),
        (_LOG.origin, "nothing"),
    ):
        with pytest.raises(Refuted):
            extended(Frontier(), origin, piece.leaves, note, SIGNER.verifier)
