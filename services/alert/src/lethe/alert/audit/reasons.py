"""Why people did something, in their own words: sealed apart from the chain, which is kept.

An entry of the audit log has a commitment to the text: HMAC-SHA256 under a random salt. Text and
salt are sealed together under a key that ends, so that nobody can find out by trying, either, what
was said. As long as the key lives, the text can be held against the commitment.
"""

import asyncio
import hmac
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from lethe.alert.vault import SealedBlob, Vault
from lethe.contracts.errors import Erased, Refused, Transient
from lethe.contracts.instants import Instant

_LABEL = b"lethe audit reason v1\0"
_SALT_BYTES = 32
_DAY_US = 24 * 3_600_000_000
_KEY_US = 30 * _DAY_US
"""A key is used for so long: whatever it sealed ends with it, the newest so much sooner."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as it is kept."""

    commitment: str
    key_name: str
    sealed: SealedBlob


@dataclass(frozen=True, slots=True)
class OpenedReason:
    """A reason and its salt, with which anybody can work out the commitment."""

    text: str = field(repr=False)
    salt: bytes = field(repr=False)


class Unopened(StrEnum):
    """Why a reason that is kept has no words."""

    ERASED = "erased"
    """Its time is over, or its key was lost before it."""
    ALTERED = "altered"
    """What is kept isn't what was sealed."""
    UNAVAILABLE = "unavailable"
    """The key store can't be reached now."""


class Reasons:
    """Seals what people give as their reason, and opens it for auditors.

    No two keys ever had one name, also where a key store was lost: what an earlier one sealed is
    erased, and not altered.

    Parameters
    ----------
    days
        How long a reason is kept, at most.
    """

    def __init__(self, vault: Vault, now: Callable[[], Instant], days: int) -> None:
        self._vault = vault
        self._now = now
        self._life_us = days * _DAY_US
        self._period = -1
        self._key_name = ""
        self._turn = asyncio.Lock()

    async def seal(self, text: str) -> Reason | None:
        """Return a reason as it is kept; None for an empty one.

        Raises
        ------
        Transient
            If the key store can't be reached.
        """
        if not text:
            return None
        salt = secrets.token_bytes(_SALT_BYTES)
        commitment = commitment_to(text, salt)
        key_name = await self._current()
        content = salt + text.encode()
        try:
            sealed = await self._vault.seal(key_name, content, bound=commitment)
        except Erased:
            key_name = await self._current(lost=key_name)
            sealed = await self._vault.seal(key_name, content, bound=commitment)
        return Reason(commitment, key_name, sealed)

    async def _current(self, lost: str = "") -> str:
        """Return the name of the key to seal under, made anew each period and if it was lost."""
        async with self._turn:
            period = self._now().wall_us // _KEY_US
            if period != self._period or self._key_name == lost:
                key_name = f"reasons-{period}-{secrets.token_hex(8)}"
                await self._vault.create(key_name, self._life_us)
                self._period, self._key_name = period, key_name
            return self._key_name

    async def open(self, reasons: Iterable[Reason]) -> dict[str, OpenedReason | Unopened]:
        """Return what was said, or why that can't be told, by commitment."""
        of_keys = defaultdict[str, list[Reason]](list)
        for reason in reasons:
            of_keys[reason.key_name].append(reason)
        opened = dict[str, OpenedReason | Unopened]()
        for key_name, sealed in of_keys.items():
            opened |= await self._open_all(key_name, sealed)
        return opened

    async def _open_all(
        self, key_name: str, reasons: list[Reason]
    ) -> dict[str, OpenedReason | Unopened]:
        """Open what lies under one key, with one reading of it; one that was altered hides none."""
        items = [(each.sealed, each.commitment) for each in reasons]
        try:
            contents = await self._vault.open_all(key_name, items)
        except Refused:
            if len(reasons) == 1:
                return {reasons[0].commitment: Unopened.ALTERED}
            middle = len(reasons) // 2
            first = await self._open_all(key_name, reasons[:middle])
            return first | await self._open_all(key_name, reasons[middle:])
        except (Erased, Transient) as fault:
            is_erased = isinstance(fault, Erased)
            why = Unopened.ERASED if is_erased else Unopened.UNAVAILABLE
            return dict.fromkeys((each.commitment for each in reasons), why)
        return {
            each.commitment: OpenedReason(content[_SALT_BYTES:].decode(), content[:_SALT_BYTES])
            for each, content in zip(reasons, contents, strict=True)
        }


def commitment_to(text: str, salt: bytes) -> str:
    """Return what stands for a text in the audit log."""
    return hmac.digest(salt, _LABEL + text.encode(), "sha256").hex()
