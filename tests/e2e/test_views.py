"""What the cameras of the demonstration see: shown fresh, in nobody's memory soon afterwards.

Root reads the memory: services let nobody else.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.forensics.looking import in_process
from tests.forensics.searching import Index
from tests.forensics.windows import Kind, cut
from tests.support.chosen_broker import OnBroker
from tests.support.onlooker import Onlooker, live_cameras, now_us
from tools.running import RunningLethe, running_lethe, wait_until

pytestmark = pytest.mark.alone

_BUDGET_US = 1_000_000
_PICTURES = 8


@pytest.fixture(scope="module")
def lethe(tmp_path_factory: pytest.TempPathFactory, on_broker: OnBroker) -> Iterator[RunningLethe]:
    folder: Path = tmp_path_factory.mktemp("views")
    with running_lethe(folder, "demo", *on_broker()) as lethe:
        yield lethe


@pytest.fixture(scope="module")
def looker(lethe: RunningLethe) -> Iterator[Onlooker]:
    wait_until(lambda: len(live_cameras(lethe)) == 2)
    looker = Onlooker(lethe, live_cameras(lethe))
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
    lethe: RunningLethe, looker: Onlooker
) -> None:
    wait_until(looker.more(_PICTURES))
    assert found_in(lethe, list(looker.seen)) == {}
    assert {account["unerased"] for account in lethe.accounts()} == {0}


def test_an_alert_that_is_killed_while_somebody_looks_suspends_nothing(
    lethe: RunningLethe, looker: Onlooker
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


def test_after_the_last_look_nothing_is_left(lethe: RunningLethe, looker: Onlooker) -> None:
    looker.stop()
    last_us = max(at_us for at_us, _ in looker.seen)
    wait_until(lambda: now_us() - last_us > 2 * _BUDGET_US)
    assert found_in(lethe, looker.seen) == {}
