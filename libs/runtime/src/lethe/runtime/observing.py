"""What happens in key traffic, as metrics and log lines."""

import structlog

from lethe.contracts.errors import LetheError
from lethe.contracts.keys import GrantedKey
from lethe.runtime import metrics

_log = structlog.get_logger()


class KeyObserver:
    """Counts tickets and grants, and logs what went wrong."""

    def ticket_failed(self, error: LetheError) -> None:
        """Note that a ticket couldn't be sent."""
        metrics.TICKETS_FAILED.inc()
        _log.warning("ticket not sent", error=type(error).__name__)

    def grant_refused(self, error: LetheError) -> None:
        """Note that a grant for this holder didn't hold or came too late."""
        metrics.GRANTS.labels(type(error).__name__.lower()).inc()
        _log.warning("grant not taken", error=type(error).__name__)

    def granted(self, keys: list[GrantedKey]) -> None:
        """Note that keys are in hand."""
        metrics.GRANTS.labels("held" if keys else "not_ordered").inc()

    def roster_refused(self, error: LetheError) -> None:
        """Note that a new roster file doesn't hold."""
        metrics.ROSTERS_REFUSED.inc()
        _log.warning("roster not taken", error=type(error).__name__)
