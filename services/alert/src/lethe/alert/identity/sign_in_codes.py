"""One-time codes by which a browser gets the token that a program asked for."""

import secrets
from collections.abc import Callable
from hashlib import sha256

from lethe.alert.errors import NotSignedIn

LIFE_S = 600
MOST_WAITING = 64


class SignInCodes:
    """Codes in memory: each counts once, and for ten minutes.

    Parameters
    ----------
    now_s
        A clock that isn't stepped.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        # By hash, so that the time of a look-up tells nothing of a code; oldest first.
        self._waiting: dict[bytes, tuple[float, str]] = {}

    def issue(self, token: str) -> str:
        """Return a code for a token that was verified."""
        self._drop_expired()
        while len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        code = secrets.token_urlsafe(16)
        self._waiting[_hashed(code)] = (self._now_s() + LIFE_S, token)
        return code

    def redeem(self, code: str) -> str:
        """Return the token of a code, which doesn't count again.

        Raises
        ------
        NotSignedIn
            If it doesn't count, or not any more.
        """
        self._drop_expired()
        _, token = self._waiting.pop(_hashed(code), (0.0, None))
        if token is None:
            raise NotSignedIn("this sign-in code was used or has expired")
        return token

    def _drop_expired(self) -> None:
        now_s = self._now_s()
        for hashed in [key for key, (until_s, _) in self._waiting.items() if until_s <= now_s]:
            del self._waiting[hashed]


def _hashed(code: str) -> bytes:
    return sha256(code.encode(errors="replace")).digest()
