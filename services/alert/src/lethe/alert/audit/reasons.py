"""Why people did something, in their own words: sealed apart from the chain, which is kept.

An entry of the audit log has a commitment to the text: HMAC-SHA256 under a random salt. Text and
salt are sealed together under a key that ends, so that nobody can find out by trying, either, what
was said. As long as the key lives, the text can be held against the commitment.
"""

import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from lethe.alert.errors import Conflict
from lethe.alert.vault import SealedBlob, Vault
from lethe.contracts.errors import Erased
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


class Reasons:
    """Seals what people give as their reason, and opens it for auditors.

    Parameters
    ----------
    days
        How long a reason is kept, at most.
    """

    def __init__(self, vault: Vault, now: Callable[[], Instant], days: int) -> None:
        self._vault = vault
        self._now = now
        self._life_us = days * _DAY_US

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
        key_name = f"reasons-{self._now().wall_us // _KEY_US}"
        content = salt + text.encode()
        try:
            sealed = await self._vault.seal(key_name, content, bound=commitment)
        except Erased:
            with suppress(Conflict):
                await self._vault.create(key_name, self._life_us)
            sealed = await self._vault.seal(key_name, content, bound=commitment)
        return Reason(commitment, key_name, sealed)

    async def open(self, reason: Reason) -> OpenedReason | None:
        """Return what somebody said; None if that is erased.

        Raises
        ------
        Refused
            If it was altered.
        Transient
            If the key store can't be reached.
        """
        try:
            content = await self._vault.open(
                reason.key_name, reason.sealed, bound=reason.commitment
            )
        except Erased:
            return None
        return OpenedReason(content[_SALT_BYTES:].decode(), content[:_SALT_BYTES])


def commitment_to(text: str, salt: bytes) -> str:
    """Return what stands for a text in the audit log."""
    return hmac.digest(salt, _LABEL + text.encode(), "sha256").hex()
