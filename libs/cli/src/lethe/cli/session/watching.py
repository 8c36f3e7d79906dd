"""From the order to the end of the run: look every second, show it, know when it is over."""

import asyncio
import math
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from lethe.cli.identity.page_link import PageLink
from lethe.cli.live.account import Account, AccountReader
from lethe.cli.live.resources import Resources
from lethe.cli.live.snapshot import Rate, Snapshot
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.api import AlertApi, AlertRecord
from lethe.cli.stack.supervisor import Stack
from lethe.cli.stopping import StopRequest
from lethe.contracts.errors import LetheError
from lethe.contracts.suspension import SuspensionGround

LOOK_EVERY_S = 1.0
SETTLE_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class EndCondition:
    """When a run is over, besides Ctrl-C.

    Attributes
    ----------
    seconds
        After this time.
    cameras
        When all of these have ended and everything they yielded is accounted for. A camera
        whose footage loops ends only when its source fails.
    """

    seconds: float | None = None
    cameras: tuple[str, ...] = ()

    def remaining_s(self, running_s: float) -> float:
        """Return how long to wait until the next look."""
        if self.seconds is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(self.seconds - running_s, 0.0))

    def is_met(self, running_s: float, account: Account | None) -> bool:
        """Tell whether the run is over."""
        if self.seconds is not None and running_s >= self.seconds:
            return True
        if not self.cameras or account is None:
            return False
        return account.all_ended(self.cameras) and account.settled


class Watching:
    """Looks at a running stack and collects what the report needs.

    Parameters
    ----------
    after
        Sequence of the last alert that belongs to an earlier run.
    """

    def __init__(
        self,
        stack: Stack,
        api: AlertApi,
        page: PageLink,
        accounts: AccountReader,
        terminal: Terminal,
        after: int,
    ) -> None:
        self._stack = stack
        self._api = api
        self._page = page
        self._accounts = accounts
        self._terminal = terminal
        self._sequence = after
        self._rate = Rate()
        self._begun_s = _now_s()
        self.resources = Resources()
        self.account: Account | None = None
        self.alerts: list[AlertRecord] = []
        self.faults: dict[str, str] = {}
        self.suspensions: list[str] = []
        self._troubles: dict[str, str] = {}
        self._garbled: dict[str, int] = {}
        self._standstill: str | None = None
        self._is_ending = False
        self._suspended: dict[str, str] = {}

    @property
    def running_s(self) -> float:
        """Seconds since the watching began."""
        return _now_s() - self._begun_s

    def damage(self, footage: Iterable[str]) -> dict[str, str]:
        """Return which of these cameras had pictures that couldn't be decoded, in words."""
        garbled = self.account.garbled() if self.account else {}
        told = "the footage is damaged, check the file"
        return {name: f"{_undecoded(garbled[name])}: {told}" for name in footage if name in garbled}

    async def until(self, end: EndCondition, stop: StopRequest) -> None:
        """Look every second until the run is over."""
        while True:
            with suppress(TimeoutError):
                # A service that hangs mustn't keep a Ctrl-C waiting.
                async with stop.limit(0.0, math.inf):
                    await self._look()
                    await self._page.refresh()
            # Not once the order has ended: what is suspended then is over, and wasn't resumed.
            self._tell_suspensions(self.account.suspended if self.account else {})
            self._terminal.show(self._snapshot())
            if end.is_met(self.running_s, self.account):
                return
            if await stop.wait(end.remaining_s(self.running_s)):
                return

    async def settle(self, within_s: float) -> None:
        """After the order has ended, wait until every frame, key copy and alert is accounted for.

        What waits to become an alert would go with a broker in memory. What is shown last is what
        is known then: until a slot closes, frames were processed that aren't counted as captured.
        """
        self._is_ending = True
        deadline_s = _now_s() + within_s
        while _now_s() < deadline_s:
            waiting = await self._waiting()
            await self._look()
            if self.account is not None and self.account.is_over and waiting == 0:
                break
            await asyncio.sleep(SETTLE_POLL_S)
        self._terminal.show(self._snapshot())

    async def _waiting(self) -> int | None:
        try:
            return await self._api.waiting()
        except LetheError:
            return None

    async def _look(self) -> None:
        account = await self._accounts.read()
        self.account = account or self.account
        self._tell_faults()
        self._tell_standstill(self.account.standstill if self.account else None)
        try:
            fresh, self._sequence = await self._api.alerts_after(self._sequence)
        except LetheError:
            # Alert is being started again: its alerts are read at the next look.
            fresh = []
        self.alerts += fresh
        pids = {child.spec.name: child.pid for child in self._stack.children.values()}
        self.resources.sample({**pids, "lethe": os.getpid()})

    def _tell_faults(self) -> None:
        faults = self.account.faults() if self.account else {}
        for camera_id, why in faults.items():
            if camera_id not in self.faults:
                self.faults[camera_id] = why
                self._terminal.notice(f"{camera_id} stopped: {why}")
        self._tell_garbled(self.account.garbled() if self.account else {})
        self._tell_troubles(self.account.troubles() if self.account else {})

    def _tell_garbled(self, garbled: dict[str, int]) -> None:
        """Tell of the first pictures of a camera that can't be decoded; the report counts them."""
        for camera_id, count in garbled.items():
            if camera_id not in self._garbled and camera_id not in self.faults:
                self._terminal.notice(f"{camera_id}: {_undecoded(count)}")
        self._garbled |= garbled

    def _tell_troubles(self, troubles: dict[str, str]) -> None:
        """Tell of cameras that are gone for now, and that they are back."""
        for camera_id, why in troubles.items():
            if self._troubles.get(camera_id) != why:
                self._terminal.notice(f"{camera_id} is interrupted: {why}")
        for camera_id in self._troubles.keys() - troubles.keys():
            # A camera that stopped, or whose order has ended, isn't in trouble any more either.
            if camera_id not in self.faults and not self._is_ending:
                self._terminal.notice(f"{camera_id} runs again")
        self._troubles = troubles

    def _tell_standstill(self, why: str | None) -> None:
        """Tell why nothing is captured from any camera, and that it goes on."""
        if why is not None and why != self._standstill:
            self._terminal.notice(f"nothing is captured, since no keys are granted: {why}")
        if why is None and self._standstill is not None:
            self._terminal.notice("keys are granted again")
        self._standstill = why

    def _tell_suspensions(self, suspended: dict[str, str]) -> None:
        for deployment_id, ground in suspended.items():
            if self._suspended.get(deployment_id) != ground:
                self.suspensions.append(ground)
                sentence = SuspensionGround(ground).sentence
                self._terminal.notice(
                    f"suspended, nothing is captured: {sentence}; when that is understood: "
                    f"lethe resume {deployment_id} --alert-url {self._stack.alert_url}"
                )
        for deployment_id in self._suspended.keys() - suspended.keys():
            self._terminal.notice(f"{deployment_id} was resumed")
        self._suspended = suspended

    def _snapshot(self) -> Snapshot:
        processed = int(self.account.frames.get("processed", 0)) if self.account else 0
        return Snapshot(
            address=self._page.address,
            running_s=self.running_s,
            account=self.account,
            frames_per_s=self._rate.update(self.running_s, processed),
            alerts=len(self.alerts),
            latest=self.alerts[-8:],
            usages=self.resources.usages,
        )


def _undecoded(garbled: int) -> str:
    return f"{garbled} of its pictures couldn't be decoded"


def _now_s() -> float:
    return asyncio.get_running_loop().time()
