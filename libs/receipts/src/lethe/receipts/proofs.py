"""Proofs of RFC 6962, sections 2.1.1 and 2.1.2: that a leaf is in a tree, that a tree only grew.

They are verified as RFC 9162 describes in sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence

from lethe.receipts.hashing import EMPTY_ROOT, node_hash


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of a leaf, from its neighbour upwards.

    Parameters
    ----------
    leaf_hashes
        Of all leaves of the tree, in order.
    index
        Of the leaf, from 0.

    Raises
    ------
    IndexError
        If the tree has no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise IndexError(f"no leaf {index} in a tree of {len(leaf_hashes)}")
    return _path(leaf_hashes, index)


def consistency_proof(leaf_hashes: Sequence[bytes], earlier_size: int) -> list[bytes]:
    """Return what shows that the tree of the first `earlier_size` leaves grew into this one.

    Empty when the earlier tree was empty, or is this one.

    Raises
    ------
    IndexError
        If the earlier tree is larger than this one.
    """
    if not 0 <= earlier_size <= len(leaf_hashes):
        raise IndexError(f"no tree of {earlier_size} leaves in one of {len(leaf_hashes)}")
    if earlier_size in (0, len(leaf_hashes)):
        return []
    return _growth(leaf_hashes, earlier_size, is_whole=True)


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether a proof leads from a leaf's hash to the head of a tree of `size` leaves."""
    if not 0 <= index < size:
        return False
    position, last, head = index, size - 1, leaf_hash
    for neighbour in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            head = node_hash(neighbour, head)
            position, last = _next_with_left(position, last)
        else:
            head = node_hash(head, neighbour)
        position, last = position >> 1, last >> 1
    return last == 0 and head == root


def verify_consistency(
    earlier_size: int, size: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes
) -> bool:
    """Tell whether a proof shows that the tree of `earlier_size` leaves grew into that of `size`.

    An empty tree grows into any other.
    """
    if not 0 <= earlier_size <= size:
        return False
    if earlier_size == 0:
        return not proof and earlier_root == EMPTY_ROOT
    if earlier_size == size:
        return not proof and earlier_root == root
    steps = list(proof)
    if earlier_size & (earlier_size - 1) == 0:
        # A full tree is a node of the later one: its head begins the proof.
        steps.insert(0, earlier_root)
    if not steps:
        return False
    position, last = _without_ones(earlier_size - 1, size - 1)
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            before, after = node_hash(step, before), node_hash(step, after)
            position, last = _next_with_left(position, last)
        else:
            after = node_hash(after, step)
        position, last = position >> 1, last >> 1
    return last == 0 and before == earlier_root and after == root


def _next_with_left(position: int, last: int) -> tuple[int, int]:
    """Climb while the node is an only child: it has no neighbour on those levels."""
    while position and not position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _without_ones(position: int, last: int) -> tuple[int, int]:
    while position & 1:
        position, last = position >> 1, last >> 1
    return position, last


def _split(count: int) -> int:
    """Return the largest power of two below a count of at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def _head(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    middle = _split(len(hashes))
    return node_hash(_head(hashes[:middle]), _head(hashes[middle:]))


def _path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    middle = _split(len(hashes))
    if index < middle:
        return [*_path(hashes[:middle], index), _head(hashes[middle:])]
    return [*_path(hashes[middle:], index - middle), _head(hashes[:middle])]


def _growth(hashes: Sequence[bytes], earlier: int, *, is_whole: bool) -> list[bytes]:
    if earlier == len(hashes):
        return [] if is_whole else [_head(hashes)]
    middle = _split(len(hashes))
    if earlier <= middle:
        return [*_growth(hashes[:middle], earlier, is_whole=is_whole), _head(hashes[middle:])]
    rest = _growth(hashes[middle:], earlier - middle, is_whole=False)
    return [*rest, _head(hashes[:middle])]
