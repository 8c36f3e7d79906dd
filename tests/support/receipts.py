"""Logs of receipts made by hand: valid ones, to be falsified."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.receipts.checkpoints import Checkpoint
from lethe.receipts.entries import (
    MinuteCounted,
    OrderInForce,
    SlotClosed,
    SlotGranted,
    TermBegun,
    TermEnded,
)
from lethe.receipts.entry import Entry
from lethe.receipts.exports import checkpoint_block, entry_line, header, log_line
from lethe.receipts.hashing import Frontier
from lethe.receipts.notes import NoteSigner
from lethe.receipts.origins import log_origin
from lethe.receipts.verifying import Verdict, Verifier

SIGNER = NoteSigner("lethe-receipts/test", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ORDER = sha256(b"order").hexdigest()
NONE = Checkpoint("", 0, b"")
START_MS = 1_700_000_000_000


@dataclass
class Log:
    """A log in the making.

    Attributes
    ----------
    blocks
        The log as lines and checkpoint blocks, in order.
    """

    term: str = "t1"
    instance: str = "purge-1"
    follows: Checkpoint = NONE
    signer: NoteSigner = SIGNER
    at_ms: int = START_MS
    tree: Frontier = field(default_factory=Frontier)
    blocks: list[bytes] = field(default_factory=list)
    last: Checkpoint = NONE
    slots: int = 0

    @property
    def origin(self) -> str:
        return log_origin(self.signer.verifier.name, self.instance, self.term)

    def add(self, *entries: Entry) -> "Log":
        """Append entries."""
        for entry in entries:
            self.tree.append(entry.line())
            self.blocks.append(entry_line(entry.line()))
        return self

    def sign(self) -> "Log":
        """Append a checkpoint."""
        self.last = Checkpoint(self.origin, self.tree.size, self.tree.root())
        self.blocks.append(checkpoint_block(self.last.sign(self.signer)))
        return self

    def begin(self) -> "Log":
        """Append the entries with which a term begins."""
        return self.add(self.begun(), self.order())

    def slot(self, **changes: Any) -> "Log":
        """Append a slot, granted and closed, with changes to its closing."""
        granted = self.granted()
        self.slots += 1
        self.at_ms += 200
        return self.add(granted, replace(self.closed(granted), **changes))

    def begun(self, **changes: Any) -> TermBegun:
        return replace(
            TermBegun(
                at_ms=self.at_ms,
                instance=self.instance,
                term=self.term,
                software=sha256(b"software").hexdigest(),
                budget_ms=1000,
                predecessor_origin=self.follows.origin,
                predecessor_size=self.follows.size,
                predecessor_root=self.follows.root.hex(),
            ),
            **changes,
        )

    def order(self, **changes: Any) -> OrderInForce:
        return replace(
            OrderInForce(
                at_ms=self.at_ms,
                deployment="d",
                order_hash=ORDER,
                order_type="local",
                threshold_millionths=600_000,
                starts_ms=START_MS,
                ends_ms=START_MS + 3_600_000,
                cameras=2,
                models=(sha256(b"model").hexdigest(),),
            ),
            **changes,
        )

    def granted(self, **changes: Any) -> SlotGranted:
        return replace(
            SlotGranted(
                at_ms=self.at_ms,
                deployment="d",
                order_hash=ORDER,
                slot=f"{self.term}-{self.slots + 1}",
                key_count=4,
                copies=8,
                keys_root=sha256(b"keys").hexdigest(),
                deadline_ms=self.at_ms + 600,
                after_ms=0,
            ),
            **changes,
        )

    def closed(self, granted: SlotGranted) -> SlotClosed:
        return SlotClosed(
            at_ms=self.at_ms,
            deployment=granted.deployment,
            slot=granted.slot,
            acknowledged=granted.copies - 3,
            dead=1,
            lapsed=2,
            open=0,
            offered=6,
            captured=5,
            dropped=1,
            processed=3,
            expired=1,
            lost=1,
            oldest_age_ms=412,
        )

    def minute(self, slots: int, **changes: Any) -> MinuteCounted:
        return replace(
            MinuteCounted(
                at_ms=self.at_ms,
                deployment="d",
                slots=slots,
                dropped_without_key=0,
                faces_seen=9,
                faces_erased=6,
                faces_rescued=1,
                faces_expired=2,
            ),
            **changes,
        )

    def end(self, unclosed: int = 0) -> "Log":
        """Append the end of the term and its checkpoint."""
        ended = TermEnded(at_ms=self.at_ms, reason="stopped", slots=self.slots, unclosed=unclosed)
        return self.add(ended).sign()

    def lines(self) -> list[bytes]:
        """Return the log as blocks of a file."""
        return [log_line(self.origin), *self.blocks]


def a_log(slots: int = 3, **chosen: Any) -> Log:
    """Return a log of so many slots that ended in order, with a checkpoint for each slot."""
    log = Log(**chosen).begin().sign()
    for _ in range(slots):
        log.slot().sign()
    return log.add(log.minute(slots)).end()


def successor(log: Log, term: str, slots: int = 1) -> Log:
    """Return the log of the next term of the same instance."""
    return a_log(slots, term=term, instance=log.instance, follows=log.last, at_ms=log.at_ms)


def file_of(*logs: Log) -> list[bytes]:
    """Return a file as blocks: a header, then lines and checkpoint blocks."""
    blocks = [header([SIGNER.verifier])]
    for log in logs:
        blocks += log.lines()
    return blocks


def verify(blocks: Iterable[bytes], **chosen: Any) -> Verdict:
    """Verify blocks with the pinned key."""
    lines = b"".join(blocks).splitlines(keepends=True)
    verifier = Verifier([SIGNER.verifier], **chosen)
    return verifier.verify(lines)
