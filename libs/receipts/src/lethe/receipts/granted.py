"""The tree of granted keys: what ties a key that surfaces later to the slot it was granted for."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from lethe.receipts.hashing import tree_root

_LABEL = b"lethe granted key v1\x00"


@dataclass(frozen=True, order=True, slots=True)
class GrantedLeaf:
    """One key of a slot.

    Attributes
    ----------
    lane
        The camera, or the name of the enrolment lane.
    purpose
        What the key opens.
    commitment
        SHA-256 over `lethe slot key v1`, a zero byte and the key (32 bytes).
    """

    lane: str
    purpose: str
    commitment: bytes

    def leaf(self) -> bytes:
        """Return the leaf of the tree: a label, then each part with its length before it."""
        parts = (self.lane.encode(), self.purpose.encode(), self.commitment)
        return _LABEL + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def granted_root(granted: Iterable[GrantedLeaf]) -> bytes:
    """Return the head (32 bytes) of the tree of a slot's keys, by lane and purpose."""
    return tree_root(each.leaf() for each in sorted(granted, key=_place))


def _place(each: GrantedLeaf) -> tuple[str, str, bytes]:
    return each.lane, each.purpose, each.commitment
