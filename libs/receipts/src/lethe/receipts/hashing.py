"""The Merkle tree of RFC 6962, section 2.1: hashes of leaves and nodes, and the tree head."""

from collections.abc import Iterable
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The head of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and its bytes."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node: SHA-256 over 0x01 and the hashes of its children."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The head of a tree that only grows, kept in as many hashes as its size has binary ones.

    Attributes
    ----------
    size
        How many leaves it has.
    """

    def __init__(self) -> None:
        self.size = 0
        # The roots of the full subtrees that the tree consists of, the largest first.
        self._roots: list[bytes] = []

    def copy(self) -> "Frontier":
        """Return another of the same leaves."""
        other = Frontier()
        other.size, other._roots = self.size, list(self._roots)
        return other

    def append(self, leaf: bytes) -> None:
        """Add a leaf."""
        grown = leaf_hash(leaf)
        full = self.size
        while full & 1:
            grown = node_hash(self._roots.pop(), grown)
            full >>= 1
        self._roots.append(grown)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree head (32 bytes)."""
        if not self._roots:
            return EMPTY_ROOT
        head = self._roots[-1]
        for larger in reversed(self._roots[:-1]):
            head = node_hash(larger, head)
        return head


def tree_root(leaves: Iterable[bytes]) -> bytes:
    """Return the head (32 bytes) of the tree of these leaves."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()
