"""Receipts on their way: a purge's folder, what it sends, and the copies that alerts keep of it."""

from pathlib import Path

from tests.support.clocks import FakeClock, TrueTime
from tests.support.receipts import Log, file_of

from lethe.alert.receipt_copies import Kept, ReceiptCopies
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.receipts import ErasureReceipted
from lethe.purge.outbox import ReceiptsOutbox

PURGE = "purge-1"


def write_log(folder: Path, number: int, log: Log) -> Path:
    """Write a log as purge keeps it."""
    path = folder / f"{number:06d}-{log.term}.receipts"
    path.write_bytes(b"".join(file_of(log)))
    return path


def served(kept: Kept) -> bytes:
    """Return the file that is handed on."""
    return b"".join(kept.collection().pieces())


class Courier:
    """Takes what one purge sends and brings it to alerts, or doesn't."""

    def __init__(self, folder: Path) -> None:
        self.time = TrueTime()
        self.clock = FakeClock(self.time, "boot-1")
        self.outbox = ReceiptsOutbox(folder, PURGE, self.clock, self._send)
        self.sent: list[ErasureReceipted] = []

    async def _send(self, piece: ErasureReceipted) -> None:
        self.sent.append(piece)

    def tell(self, held: dict[str, int] | None, name: str = "alert-1", **changes: object) -> None:
        """Let purge hear a ticket of an alert that keeps so much."""
        content: dict[str, object] = {
            "instance_id": name,
            "role": Role.ALERT,
            "boot": "b",
            "sequence": 1,
            "sent": Instant(boot_id="boot-1", boot_us=0, wall_us=0),
            "public_key": b"",
            "receipts": held,
        }
        self.outbox.hear(KeyTicket.model_validate(content | changes))

    async def next_piece(self) -> ErasureReceipted | None:
        """Let purge have a turn; return what it sent in it."""
        self.time.advance_ms(500)
        before = len(self.sent)
        await self.outbox.turn()
        return self.sent[-1] if len(self.sent) > before else None

    async def bring_all(self, copies: ReceiptCopies, name: str = "alert-1") -> int:
        """Bring everything that an alert lacks; return how many pieces that were."""
        pieces = 0
        # What was sent before and not taken is sent again only after a while.
        self.time.advance_ms(3_000)
        self.tell(copies.kept().held(), name)
        while (piece := await self.next_piece()) is not None:
            pieces += copies.take(piece)
            self.tell(copies.kept().held(), name)
        return pieces
