"""When somebody is to look again whether subjects belong on their lists."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime

from lethe.alert.watchlists.subject import SubjectDetails
from lethe.contracts.instants import Instant


class Reviews:
    """Knows the days, in memory alone: they are asked for with every look at a list.

    Parameters
    ----------
    now
        The clock of this machine.
    """

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._days: dict[str, dict[str, date]] = defaultdict(dict)

    def note(self, watchlist_id: str, subject_id: str, details: SubjectDetails) -> None:
        """Note when a subject is to be looked at, or that they aren't."""
        if details.review_on is None:
            self.drop(watchlist_id, subject_id)
        else:
            self._days[watchlist_id][subject_id] = details.review_on

    def drop(self, watchlist_id: str, subject_id: str) -> None:
        """Forget a subject."""
        self._days[watchlist_id].pop(subject_id, None)

    def forget(self, watchlist_id: str) -> None:
        """Forget a version."""
        self._days.pop(watchlist_id, None)

    def due(self, watchlist_id: str) -> int:
        """Return how many subjects of a version should have been looked at by today (UTC)."""
        today = datetime.fromtimestamp(self._now().wall_us / 1e6, UTC).date()
        return sum(day <= today for day in self._days.get(watchlist_id, {}).values())
