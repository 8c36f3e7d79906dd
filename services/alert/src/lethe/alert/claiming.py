"""Claims of erasure: purge is told which alerts are erased until its receipts say so."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from lethe.alert.alerts import Alert, AlertLog
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.receipts import MOST_ERASED, ErasedAlert, alert_hash
from lethe.receipts.entries import AlertErased
from lethe.receipts.errors import ReceiptsError
from lethe.receipts.parsing import parse_entry

Claim = Callable[[list[ErasedAlert]], Awaitable[None]]

_LOOK_S = 2.0
_AGAIN_US = 15_000_000
"""Receipts are signed once a second, and come with the next look at what alert keeps of them."""

_log = structlog.get_logger()


class ErasureClaims:
    """Of every erased alert there shall be a receipt, whoever was away when it was erased.

    Parameters
    ----------
    claim
        Tells purge; raises `Transient` if that can't be done now.
    """

    def __init__(self, log: AlertLog, claim: Claim, now: Callable[[], Instant]) -> None:
        self._log = log
        self._claim = claim
        self._now = now
        self._claimed: dict[str, tuple[str, Instant]] = {}

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
            If log or broker can't be reached.
        """
        now = self._now()
        waiting = {alert_hash(a.alert_id): a for a in await self._log.unreceipted(MOST_ERASED)}
        lately = {name: c for name, c in self._claimed.items() if now.since_us(c[1]) < _AGAIN_US}
        fresh = {name: alert for name, alert in waiting.items() if name not in lately}
        if fresh:
            claims = [_claim_of(alert) for alert in fresh.values()]
            await self._claim(claims)
        self._claimed = lately | {name: (each.alert_id, now) for name, each in fresh.items()}

    async def take(self, leaves: Iterable[bytes]) -> None:
        """Note the receipts among entries that were verified and are kept.

        Raises
        ------
        Transient
            If the log doesn't take it: then it is claimed again.
        """
        told = {said.id_hash for leaf in leaves if (said := _erased(leaf)) is not None}
        known = {self._claimed[name][0] for name in told & self._claimed.keys()}
        if known:
            await self._log.mark_receipted(known)
            for name in told & self._claimed.keys():
                del self._claimed[name]


def _claim_of(alert: Alert) -> ErasedAlert:
    ground = alert.erasure_ground
    if ground is None:
        raise ValueError("an alert that isn't erased is claimed as erased")
    return ErasedAlert(alert_id=alert.alert_id, deployment_id=alert.deployment_id, ground=ground)


def _erased(leaf: bytes) -> AlertErased | None:
    """Return an entry if it is of that kind; others aren't taken apart."""
    if AlertErased.kind.encode() not in leaf:
        return None
    try:
        said = parse_entry(leaf)
    except ReceiptsError:
        return None
    return said if isinstance(said, AlertErased) else None
