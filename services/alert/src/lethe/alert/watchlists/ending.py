"""Watchlists end with the last deployment that searches them, and a while later they are erased.

When the last is over, the data key is told when it is due; from then on it ends by itself, whoever
is away. Rows follow the keys, as those of alerts do.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from lethe.alert.errors import Conflict
from lethe.alert.vault import Vault
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.end import EndStore, ErasedList, OrderedList
from lethe.alert.watchlists.over import OverJudge
from lethe.alert.watchlists.version_desk import KEY_PREFIX
from lethe.contracts.errors import Erased
from lethe.contracts.instants import Instant
from lethe.contracts.keys import MOST_TOLD_ERASED
from lethe.contracts.orders import DeploymentOrder
from lethe.contracts.receipts import WatchlistGround, erased_watchlist_hash


class WatchlistEnds:
    """Has watchlists erased, after their deployments or at once.

    Parameters
    ----------
    heard
        Tells the orders that were verified here; an `ended_us` of theirs needn't be the right one.
    judge
        Tells which deployments are over.
    kept_us
        How long a version is kept when the last of its deployments is over.

    Attributes
    ----------
    announced
        The versions that were erased last: match is told to hold none of them.
    """

    def __init__(
        self,
        store: EndStore,
        book: WatchlistBook,
        vault: Vault,
        *,
        heard: Callable[[], Sequence[OrderedList]],
        now: Callable[[], Instant],
        judge: OverJudge,
        kept_us: int,
    ) -> None:
        self._store = store
        self._book = book
        self._vault = vault
        self._heard = heard
        self._now = now
        self._judge = judge
        self._kept_us = kept_us
        # Nothing ends while an order is handed in that names it.
        self._turn = asyncio.Lock()
        self.announced: tuple[str, ...] = ()

    async def restore(self) -> None:
        """Load what match is told. Call it once at the start."""
        self.announced = tuple(await self._store.erased_ids(MOST_TOLD_ERASED))

    @asynccontextmanager
    async def ordering(self, order: DeploymentOrder) -> AsyncIterator[None]:
        """Let an order be handed in for a version that is kept for as long as it lasts.

        Raises
        ------
        Conflict
            If the version is erased, or will be before the order's end.
        """
        async with self._turn:
            await self._require_kept(order)
            yield
            await self._note()

    async def sweep(self) -> None:
        """Tell keys when they are due, and follow those that ended.

        Raises
        ------
        Transient
            If database or key store can't be reached; the next call comes here again. Names whose
            key is gone are forgotten by then.
        """
        await self._book.forget_keyless()
        async with self._turn:
            orders = await self._note()
            unerased = await self._store.unerased()
            for watchlist_id, last in self._over(orders).items():
                left_us = last.over_us + self._kept_us - self._now().wall_us
                # Also where it was ended while the clock was ahead.
                life_us = min(max(0, left_us), self._kept_us)
                with suppress(Erased):
                    await self._vault.shorten(unerased[watchlist_id], life_us)
            kept = set(await self._vault.names())
            for watchlist_id, key_name in unerased.items():
                if key_name not in kept:
                    await self._erase(watchlist_id, orders)
            await self._erase_orphans()

    async def erase(self, watchlist_id: str) -> None:
        """Erase a version at once; one that is erased is left so.

        Raises
        ------
        NotFound
            If there is none.
        Conflict
            If a deployment searches it, or is ordered to.
        Transient
            If database or key store can't be reached: it may be erased in part, and is wholly
            when this is asked for again.
        """
        async with self._turn:
            version = await self._book.versions.sealed(watchlist_id)
            if version.is_erased:
                return
            orders = await self._note()
            for each in orders:
                if each.watchlist_id == watchlist_id and not self._judge.is_over(each):
                    raise Conflict(
                        f"{each.deployment_id} is ordered to search it until "
                        f"{_said(each.ends_at_us)}: end that deployment first"
                    )
            await self._vault.erase(version.key_name)
            await self._erase(watchlist_id, orders, WatchlistGround.REQUESTED)

    async def _erase_orphans(self) -> None:
        """Destroy keys of no version, as a crash or an older database leaves them."""
        # In the book's turn none is being made; keys are read first, as those of alerts are.
        async with self._book.turn:
            kept = {name for name in await self._vault.names() if name.startswith(KEY_PREFIX)}
            for key_name in kept - set((await self._store.unerased()).values()):
                await self._vault.erase(key_name)

    async def _require_kept(self, order: DeploymentOrder) -> None:
        watchlist_id = order.watchlist_id
        key_name = (await self._store.unerased()).get(watchlist_id)
        if key_name is None:
            if watchlist_id in await self._book.versions.all_ids():
                raise Conflict(f"the watchlist {watchlist_id} is erased; import it under a new id")
            return
        try:
            left_us = await self._vault.left_us(key_name)
        except Erased:
            left_us = 0
        end_us = self._now().wall_us + left_us if left_us is not None else order.ends_at_us
        if end_us < order.ends_at_us:
            raise Conflict(
                f"the watchlist {watchlist_id} is erased at {_said(end_us)}, since the deployment "
                "it was for is over; import it under a new id, or end this order before then"
            )

    async def _note(self) -> list[OrderedList]:
        """Keep what was heard since; return what is known of all versions that aren't erased."""
        unerased = await self._store.unerased()
        known = {each.name: each for each in await self._store.orders()}
        news = {}
        for heard in self._heard():
            before = known.get(heard.name)
            if heard.watchlist_id in unerased and (before is None or _is_news(before, heard)):
                news[heard.name] = heard
        if news:
            await self._store.note(list(news.values()))
        return list((known | news).values())

    def _over(self, orders: Sequence[OrderedList]) -> dict[str, OrderedList]:
        """Return the versions all of whose orders are over, each with the one that was last."""
        going_on = {each.watchlist_id for each in orders if not self._judge.is_over(each)}
        return {
            each.watchlist_id: each
            for each in sorted(orders, key=lambda each: each.over_us)
            if each.watchlist_id not in going_on
        }

    async def _erase(
        self,
        watchlist_id: str,
        orders: Sequence[OrderedList],
        ground: WatchlistGround | None = None,
    ) -> None:
        """Follow a key that is gone."""
        now_us, last = self._now().wall_us, self._over(orders).get(watchlist_id)
        is_due = last is not None and now_us >= last.over_us + self._kept_us
        by_itself = WatchlistGround.DEPLOYMENT_OVER if is_due else WatchlistGround.KEY_GONE
        async with self._book.turn:
            version = await self._book.versions.sealed(watchlist_id)
            content = version.ordered_hash or await self._book.content_hash(watchlist_id)
            erased = ErasedList(
                watchlist_id=watchlist_id,
                id_hash=erased_watchlist_hash(watchlist_id, content),
                deployment_id=last.deployment_id if last else "",
                ground=ground or by_itself,
                erased_wall_us=now_us,
            )
            await self._store.erase(erased)
            self._book.forget(watchlist_id)
        self.announced = (watchlist_id, *self.announced)[:MOST_TOLD_ERASED]


def _is_news(before: OrderedList, heard: OrderedList) -> bool:
    """Tell whether more is known of an order than before; when it was ended stays as it was."""
    return replace(before, ended_us=None) != replace(heard, ended_us=None) or (
        before.ended_us is None and heard.ended_us is not None
    )


def _said(wall_us: int) -> str:
    return datetime.fromtimestamp(wall_us // 1_000_000, UTC).isoformat()
