"""Claims of erasure: purge is told what is erased until its receipts say so."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert
from lethe.alert.watchlists.end import ErasedList, ErasedLists
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.receipts import (
    MOST_ERASED,
    ErasedAlert,
    ErasedWatchlist,
    ErasurePromise,
    alert_hash,
)
from lethe.receipts.entries import Erased
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.parsing import parse_entry

Claim = Callable[[list[ErasedAlert], list[ErasedWatchlist]], Awaitable[None]]

_LOOK_S = 2.0
_AGAIN_US = 15_000_000
"""Receipts are signed once a second, and come with the next look at what alert keeps of them."""

_log = structlog.get_logger()


class ErasureClaims:
    """Of everything erased there shall be a receipt, whoever was away when it was erased.

    Parameters
    ----------
    claim
        Tells purge; raises `Transient` if that can't be done now.
    promise
        What is left of the keys, as the key store that they lay in says.
    """

    def __init__(
        self,
        log: AlertLog,
        lists: ErasedLists,
        claim: Claim,
        now: Callable[[], Instant],
        *,
        promise: ErasurePromise,
    ) -> None:
        self._log = log
        self._lists = lists
        self._claim = claim
        self._now = now
        self._promise = promise
        self._claimed: dict[str, tuple[Alert | ErasedList, Instant]] = {}

    async def run(self) -> None:
        """Claim what has no receipt, until cancelled."""
        while True:
            try:
                await self.turn()
            except Transient as error:
                _log.warning("erasures not claimed", error=type(error).__name__)
            await asyncio.sleep(_LOOK_S)

    async def turn(self) -> None:
        """Claim what wasn't claimed lately.

        Raises
        ------
        Transient
            If database or broker can't be reached.
        """
        now = self._now()
        waiting = await self._waiting()
        lately = {name: c for name, c in self._claimed.items() if now.since_us(c[1]) < _AGAIN_US}
        fresh = {name: each for name, each in waiting.items() if name not in lately}
        if fresh:
            alerts = [_claim_of(each) for each in fresh.values() if isinstance(each, Alert)]
            lists = [each.claim() for each in fresh.values() if isinstance(each, ErasedList)]
            said = {"promise": self._promise.value}
            await self._claim(
                [each.model_copy(update=said) for each in alerts],
                [each.model_copy(update=said) for each in lists],
            )
        self._claimed = lately | {name: (each, now) for name, each in fresh.items()}

    async def _waiting(self) -> dict[str, Alert | ErasedList]:
        """Return what has no receipt, by what receipts name it by."""
        alerts = {alert_hash(a.alert_id): a for a in await self._log.unreceipted(MOST_ERASED)}
        lists = {each.id_hash: each for each in await self._lists.unreceipted(MOST_ERASED)}
        return {**alerts, **lists}

    async def take(self, leaves: Iterable[bytes]) -> None:
        """Note the receipts among entries that were verified and are kept.

        Raises
        ------
        Transient
            If the database doesn't take it: then it is claimed again.
        """
        told = {said.id_hash for leaf in leaves if (said := _erased(leaf)) is not None}
        known = {name: self._claimed[name][0] for name in told & self._claimed.keys()}
        if alerts := {each.alert_id for each in known.values() if isinstance(each, Alert)}:
            await self._log.mark_receipted(alerts)
        if lists := {each.watchlist_id for each in known.values() if isinstance(each, ErasedList)}:
            await self._lists.mark_receipted(lists)
        for name in known:
            del self._claimed[name]


def _claim_of(alert: Alert) -> ErasedAlert:
    ground = alert.erasure_ground
    if ground is None:
        raise ValueError("an alert that isn't erased is claimed as erased")
    return ErasedAlert(alert_id=alert.alert_id, deployment_id=alert.deployment_id, ground=ground)


def _erased(leaf: bytes) -> Erased | None:
    """Return an entry if it is of that kind; most others aren't taken apart."""
    if b"-erased" not in leaf:
        return None
    try:
        said = parse_entry(leaf)
    except ReceiptsError:
        return None
    return said if isinstance(said, Erased) else None
