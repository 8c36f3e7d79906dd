"""What the cameras of the demonstration see: shown fresh, in nobody's memory soon afterwards.

Root reads the memory: services let nobody else.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from tests.forensics.looking import in_process
from tests.forensics.searching import Index
from tests.forensics.windows import Kind, cut
from tests.support.chosen_broker import OnBroker
from tools.running import RunningLethe, running_lethe, wait_until

pytestmark = pytest.mark.alone

_BUDGET_US = 1_000_000
_PICTURES = 8


def now_us() -> int:
    return time.monotonic_ns() // 1000


@dataclass
class Looker:
    """Somebody who looks at every camera, one picture after another.

    Attributes
    ----------
    seen
        When each frame was captured, and what was shown of it.
    """

    lethe: RunningLethe
    cameras: list[str]
    seen: list[tuple[int, bytes]] = field(default_factory=list)
    _over: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [Thread(target=self._look, args=(each,)) for each in self.cameras]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _look(self, camera: str) -> None:
        while not self._over.is_set():
            try:
                answer = self.lethe.ask(f"/api/v1/cameras/{camera}/view", timeout_s=15)
            except httpx.HTTPError:
                # alert is being started again.
                self._over.wait(0.2)
                continue
            if answer.content:
                age_us = int(answer.headers["Lethe-Age-Ms"]) * 1000
                self.seen.append((now_us() - age_us, answer.content))

    def more(self, pictures: int) -> Callable[[], bool]:
        """Return what tells whether so many more have come since now."""
        wanted = len(self.seen) + pictures
        return lambda: len(self.seen) >= wanted


@pytest.fixture(scope="module")
def lethe(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> Iterator[RunningLethe]:
    folder: Path = tmp_path_factory.mktemp("views")
    with running_lethe(folder, "demo", *on_broker()) as lethe:
        yield lethe


@pytest.fixture(scope="module")
def looker(lethe: RunningLethe) -> Iterator[Looker]:
    def cameras() -> list[str]:
        told = lethe.ask("/api/v1/status").json()["cameras"]
        return [each["camera_id"] for each in told if each["state"] == "live"]

    wait_until(lambda: len(cameras()) == 2)
    looker = Looker(lethe, cameras())
    looker.start()
    yield looker
    looker.stop()


def found_in(lethe: RunningLethe, seen: list[tuple[int, bytes]]) -> dict[str, list[float]]:
    """Return by process how many seconds old the pictures are that its memory holds."""
    index = Index(cut(Kind.JPEG, picture, at_us) for at_us, picture in seen)
    assert index.search(seen[-1][1] + bytes(8), born_by=now_us()), "what is there is found"
    held: dict[str, list[float]] = {}
    for name, child in lethe.children().items():
        limit_us = now_us() - _BUDGET_US
        births = in_process(index, child.pid, born_by=limit_us).births.get(Kind.JPEG, set())
        if births:
            held[name] = sorted((now_us() - at_us) / 1e6 for at_us in births)
    return held


def test_pictures_come_and_what_was_shown_is_in_no_memory_after_a_budget(
    lethe: RunningLethe, looker: Looker
) -> None:
    wait_until(looker.more(_PICTURES))
    assert found_in(lethe, list(looker.seen)) == {}
    assert {account["unerased"] for account in lethe.accounts()} == {0}


def test_an_alert_that_is_killed_while_somebody_looks_suspends_nothing(
    lethe: RunningLethe, looker: Looker
) -> None:
    wait_until(looker.more(2))
    lethe.children()["alert-1"].kill()
    # For longer than a copy of which nothing is known may stay open.
    begun_us = now_us()
    wait_until(lambda: now_us() - begun_us > 12 * _BUDGET_US)
    wait_until(looker.more(_PICTURES))
    [account] = lethe.accounts()
    assert (account["suspended"], account["unerased"]) == ({}, 0)
    assert account["copies"]["dead"] > 0, "alert held keys when it was killed"
    assert account["erasure_age_ms"]["max"] <= _BUDGET_US / 1000


def test_after_the_last_look_nothing_is_left(lethe: RunningLethe, looker: Looker) -> None:
    looker.stop()
    last_us = max(at_us for at_us, _ in looker.seen)
    wait_until(lambda: now_us() - last_us > 2 * _BUDGET_US)
    assert found_in(lethe, looker.seen) == {}
