"""What was erased, as alert says: what of it is fresh, and not told of already."""

from collections.abc import Iterable

from lethe.contracts.errors import Refused
from lethe.contracts.instants import Instant
from lethe.contracts.receipts import AlertsErased, ErasedAlert, ErasedWatchlist, alert_hash

Erasure = ErasedAlert | ErasedWatchlist

_APART_US = 10_000_000
"""How far alert's clock and purge's may be apart; alert says it again after 15 s, and anew."""
_AGAIN_US = 60_000_000
_MOST_KNOWN = 20_000


def hash_of(erased: Erasure) -> str:
    """Return the hash by which receipts name what was erased."""
    return alert_hash(erased.alert_id) if isinstance(erased, ErasedAlert) else erased.id_hash


def require_fresh(said: AlertsErased, now: Instant) -> None:
    """Refuse what wasn't said about now: it may be a replay, and whoever means it says it anew.

    Raises
    ------
    Refused
        If it has no time, or another than about the present.
    """
    if said.sent is None:
        raise Refused("a claim of erasures doesn't say when it was made")
    if abs(now.wall_us - said.sent.wall_us) > _APART_US:
        raise Refused("a claim of erasures is a replay, or alert's clock and purge's disagree")


class ToldErasures:
    """Which erasures one log of receipts has told of lately: it tells each of them once.

    After a minute one is told again, if alert still asks for it: a database that was put back has
    forgotten that there is a receipt.
    """

    def __init__(self) -> None:
        self._told_us: dict[str, int] = {}

    def news(self, erased: Iterable[Erasure], boot_us: int) -> list[Erasure]:
        """Return what is to be told of, as told from now on."""
        fresh = [each for each in erased if self._is_news(hash_of(each), boot_us)]
        for each in fresh:
            self._told_us.pop(hash_of(each), None)
            self._told_us[hash_of(each)] = boot_us
        for oldest in list(self._told_us)[:-_MOST_KNOWN]:
            del self._told_us[oldest]
        return fresh

    def _is_news(self, id_hash: str, boot_us: int) -> bool:
        told_us = self._told_us.get(id_hash)
        return told_us is None or boot_us - told_us >= _AGAIN_US
