"""Nobody is searched for after their last day on the list."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.watchlists.subject import Subject
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.contracts.errors import Erased
from lethe.contracts.orders import DeploymentOrder
from lethe.receipts.words import many

_AT_ONCE = 1_000


async def require_listed_throughout(
    subjects: SubjectDesk, order: DeploymentOrder, withdrawn: Collection[str] = ()
) -> None:
    """Check that nobody's last day on an order's watchlist is over before its window is.

    Nobody reads the days of subjects while frames are searched: a version is closed by its order,
    so what holds when that is handed in holds until the end.

    Parameters
    ----------
    withdrawn
        The ids of those who aren't searched for.

    Raises
    ------
    Conflict
        With how many there are and the first of the days.
    """
    # The window ends with the microsecond before.
    ends_on = datetime.fromtimestamp((order.ends_at_us - 1) / 1e6, UTC).date()
    try:
        over = [
            each.details.expires_on
            async for each in _all(subjects, order.watchlist_id)
            if each.details.expires_on is not None
            and each.details.has_expired(ends_on)
            and each.subject_id not in withdrawn
        ]
    except (NotFound, Erased):
        # Whether there may be an order of such a list is for others to say.
        return
    if over:
        raise Conflict(
            f"{many(len(over), 'subject')} of {order.watchlist_id} must be off the list before "
            f"the window ends on {ends_on} (UTC), the first after {min(over)}: end it by then, or "
            "have a version without them"
        )


async def _all(subjects: SubjectDesk, watchlist_id: str) -> AsyncIterator[Subject]:
    place = 0
    while found := await subjects.after(watchlist_id, place, _AT_ONCE):
        for each in found:
            yield each
        place = found[-1].place
