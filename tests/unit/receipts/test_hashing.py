"""The tree is that of RFC 6962."""

from hashlib import sha256

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lethe.receipts.hashing import EMPTY_ROOT, Frontier, leaf_hash, node_hash, tree_root
from lethe.receipts.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)

# The leaves and heads that implementations of RFC 6962 are commonly tested with.
_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
_HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

_leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def by_definition(leaves: list[bytes]) -> bytes:
    """Return MTH as section 2.1 defines it, by recursion."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    left, right = by_definition(leaves[:middle]), by_definition(leaves[middle:])
    return sha256(b"\1" + left + right).digest()


@pytest.mark.parametrize("size", range(9))
def test_heads_are_the_known_ones(size: int) -> None:
    assert tree_root(_LEAVES[:size]).hex() == _HEADS[size]


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256().digest()


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@given(leaves=_leaves)
def test_a_growing_tree_has_the_head_of_the_definition_at_every_size(leaves: list[bytes]) -> None:
    tree = Frontier()
    for count, leaf in enumerate(leaves, 1):
        tree.append(leaf)
        assert tree.size == count
        assert tree.root() == by_definition(leaves[:count])


@given(leaves=_leaves, data=st.data())
def test_an_inclusion_proof_holds_for_its_leaf_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    hashes = [leaf_hash(leaf) for leaf in leaves]
    proof, root, size = inclusion_proof(hashes, index), by_definition(leaves), len(leaves)
    assert verify_inclusion(hashes[index], index, size, proof, root)
    assert not verify_inclusion(leaf_hash(b"another one"), index, size, proof, root)
    assert not verify_inclusion(hashes[index], index, size, [*proof, root], root)
    assert not verify_inclusion(hashes[index], size, size, proof, root)
    if proof:
        assert not verify_inclusion(hashes[index], index, size, proof[:-1], root)
        wrong = [bytes(32), *proof[1:]]
        assert not verify_inclusion(hashes[index], index, size, wrong, root)


@given(leaves=_leaves, data=st.data())
def test_a_consistency_proof_holds_for_its_trees_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = len(leaves)
    earlier = data.draw(st.integers(0, size))
    hashes = [leaf_hash(leaf) for leaf in leaves]
    before, after = by_definition(leaves[:earlier]), by_definition(leaves)
    proof = consistency_proof(hashes, earlier)
    assert verify_consistency(earlier, size, proof, before, after)
    assert not verify_consistency(earlier, size, proof, bytes(32), after)
    assert not verify_consistency(earlier, size, [*proof, after], before, after)
    if earlier:
        assert not verify_consistency(earlier, size, proof, before, bytes(32))
    if proof:
        assert not verify_consistency(earlier, size, proof[:-1], before, after)
        assert not verify_consistency(earlier, size, [bytes(32), *proof[1:]], before, after)


def test_there_is_no_proof_of_what_is_not_in_the_tree() -> None:
    hashes = [leaf_hash(leaf) for leaf in _LEAVES]
    with pytest.raises(IndexError):
        inclusion_proof(hashes, len(hashes))
    with pytest.raises(IndexError):
        consistency_proof(hashes, len(hashes) + 1)
    assert not verify_consistency(3, 2, [], bytes(32), bytes(32))
