"""Somebody who looks at cameras of a running Lethe, one picture after another, as the page does."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

import httpx
from tools.running import RunningLethe

_AGAIN_S = 0.2
_PATIENCE_S = 15.0


def now_us() -> int:
    """Return the present moment on a clock that nobody sets."""
    return time.monotonic_ns() // 1000


def live_cameras(lethe: RunningLethe) -> list[str]:
    """Return the cameras that are captured now, as alert says."""
    told = lethe.ask("/api/v1/status").json()["cameras"]
    return [each["camera_id"] for each in told if each["state"] == "live"]


@dataclass
class Onlooker:
    """Looks until told otherwise.

    Attributes
    ----------
    seen
        When each frame was captured, and what was shown of it.
    """

    lethe: RunningLethe
    cameras: Sequence[str]
    seen: list[tuple[int, bytes]] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        """Look at every camera."""
        self._threads = [Thread(target=self._look, args=(each,)) for each in self.cameras]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look away."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def more(self, pictures: int) -> Callable[[], bool]:
        """Return what tells whether so many more have come since now."""
        wanted = len(self.seen) + pictures
        return lambda: len(self.seen) >= wanted

    def _look(self, camera: str) -> None:
        while not self._over.is_set():
            try:
                answer = self.lethe.ask(f"/api/v1/cameras/{camera}/view", timeout_s=_PATIENCE_S)
            except httpx.HTTPError:
                # alert is being started again, or the camera's order has ended.
                self._over.wait(_AGAIN_S)
                continue
            if answer.content:
                age_us = int(answer.headers["Lethe-Age-Ms"]) * 1000
                self.seen.append((now_us() - age_us, answer.content))
