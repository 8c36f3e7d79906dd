"""Anchoring alert's audit log: its head stands in the receipts, which others keep too."""

from lethe.contracts.keys import AuditHead, KeyTicket, Role
from lethe.receipts.entries import AuditAnchored

EVERY_US = 10_000_000


class Anchoring:
    """Says how far the audit log has got, in each log of receipts and every ten seconds at most.

    Within one log of receipts it goes forward only: tickets of a leader that was overtaken may
    still come.
    """

    def __init__(self) -> None:
        self._heard: AuditHead | None = None
        self._told: dict[str, int] = {}
        self._told_us: int | None = None

    def hear(self, ticket: KeyTicket) -> None:
        """Take what a verified ticket says."""
        if ticket.role is Role.ALERT and ticket.audit is not None:
            self._heard = ticket.audit

    def begin_log(self) -> None:
        """Begin another log of receipts: it has nothing of what was told before."""
        self._told, self._told_us = {}, None

    def is_due(self, boot_us: int) -> bool:
        """Tell whether there is a head to tell now."""
        if self._heard is None or not self._is_news(self._heard):
            return False
        return self._told_us is None or boot_us - self._told_us >= EVERY_US

    def take(self, boot_us: int, *, is_last: bool = False) -> list[AuditAnchored]:
        """Return what is due, as told from now on; its time is set when it is written.

        Parameters
        ----------
        is_last
            Whether the log of receipts ends: then whatever is news is due.
        """
        heard = self._heard
        if heard is None or not (self.is_due(boot_us) or (is_last and self._is_news(heard))):
            return []
        self._told[heard.log], self._told_us = heard.size, boot_us
        return [AuditAnchored(at_ms=0, log=heard.log, size=heard.size, head=heard.digest)]

    def _is_news(self, heard: AuditHead) -> bool:
        return heard.size > self._told.get(heard.log, 0)
