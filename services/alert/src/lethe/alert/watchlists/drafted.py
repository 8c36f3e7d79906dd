"""Whether a version is what an order was drafted for."""

from lethe.alert.errors import Conflict
from lethe.alert.watchlists.book import WatchlistBook
from lethe.contracts.orders import DeploymentOrder


async def require_drafted(book: WatchlistBook, order: DeploymentOrder) -> None:
    """Check that nobody was added to a version, taken off it or described otherwise since.

    Raises
    ------
    Conflict
        If somebody was; what is wrong is said.
    NotFound
        If the version isn't kept here.
    """
    watchlist_id = order.watchlist_id
    if await book.content_hash(watchlist_id) != order.watchlist_hash:
        raise Conflict(f"{watchlist_id} isn't what it was when this was drafted")
    await require_described(book, order)


async def require_described(book: WatchlistBook, order: DeploymentOrder) -> None:
    """Check that a version and its subjects are described as they were; raises as above."""
    if order.details_hash not in (None, await book.details_hash(order.watchlist_id)):
        raise Conflict(
            f"what is known of subjects of {order.watchlist_id}, or what it is for, was changed "
            "since this was drafted: draft it anew"
        )
