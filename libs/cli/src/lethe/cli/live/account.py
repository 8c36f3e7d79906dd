"""What purge says of the run, as the table and the report use it."""

from collections.abc import Iterable
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class CameraAccount(BaseModel):
    """What one camera yielded, and why it ended if that was before its footage did."""

    model_config = ConfigDict(extra="allow")

    offered: int = 0
    captured: int = 0
    dropped: dict[str, int] = Field(default_factory=dict)
    garbled: int = 0
    ended: bool = False
    fault: str | None = None
    state: str | None = None
    trouble: str | None = None


class Account(BaseModel):
    """Purge's account. Every number was counted by the service that saw it.

    Attributes
    ----------
    since
        When this purge began to count (RFC 3339, UTC).
    settled
        Whether every frame has come to its end.
    standstill
        Why nobody gets keys at present, so that nothing is captured; None while all is well.
    suspended
        Deployments that get no keys, with the ground.
    """

    model_config = ConfigDict(extra="allow")

    since: str = ""
    leader: bool = False
    standstill: str | None = None
    frames: dict[str, Any] = Field(default_factory=dict)
    faces: dict[str, Any] = Field(default_factory=dict)
    decisions: dict[str, Any] = Field(default_factory=dict)
    latency_ms: dict[str, Any] = Field(default_factory=dict)
    erasure_age_ms: dict[str, Any] = Field(default_factory=dict)
    unerased: int = 0
    settled: bool = False
    cameras: dict[str, CameraAccount] = Field(default_factory=dict)
    copies: dict[str, Any] = Field(default_factory=dict)
    suspended: dict[str, str] = Field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether every frame and every granted copy of a key has come to its end."""
        return self.settled and not self.copies.get("open")

    def faults(self) -> dict[str, str]:
        """Return the cameras that ended because their source failed, with the reason."""
        return {name: camera.fault for name, camera in self.cameras.items() if camera.fault}

    def garbled(self) -> dict[str, int]:
        """Return the cameras of whose pictures some couldn't be decoded, with how many."""
        return {name: camera.garbled for name, camera in self.cameras.items() if camera.garbled}

    def troubles(self) -> dict[str, str]:
        """Return the cameras that don't run at present and may again, with the reason."""
        return {
            name: camera.trouble
            for name, camera in self.cameras.items()
            if camera.trouble and not camera.ended
        }

    def all_ended(self, camera_ids: Iterable[str]) -> bool:
        """Tell whether every one of these cameras has come to its end."""
        return all(self.cameras.get(each, CameraAccount()).ended for each in camera_ids)


class AccountReader:
    """Reads the account of whichever purge has counted for longest.

    Parameters
    ----------
    urls
        Addresses of every purge: the leader and its standby.
    """

    def __init__(self, urls: list[str], transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._urls = urls
        self._client = httpx.AsyncClient(trust_env=False, timeout=1.0, transport=transport)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def read(self) -> Account | None:
        """Return the account, or None while no purge answers."""
        asked = [await self._read_one(url) for url in self._urls]
        answers = [account for account in asked if account is not None]
        longest = min(answers, key=lambda account: account.since, default=None)
        if longest is not None:
            # A standby doesn't know why the leader grants nothing.
            reasons = [account.standstill for account in answers if account.standstill]
            longest.standstill = next(iter(reasons), None)
        return longest

    async def _read_one(self, url: str) -> Account | None:
        try:
            answer = await self._client.get(f"{url}/account")
            answer.raise_for_status()
            return Account.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError):
            return None
