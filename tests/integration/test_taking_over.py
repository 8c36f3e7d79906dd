"""Two alerts on one database: one leads, and no candidate list is lost or stored twice."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.brokers import now
from tests.support.processes import send, until
from tests.support.running_alerts import RunningAlerts, running_alerts


@pytest.fixture
async def pair(broker: str, tmp_path: Path) -> AsyncIterator[RunningAlerts]:
    async with running_alerts(broker, tmp_path, ("alert-1", "alert-2")) as alerts:
        yield alerts


async def test_when_the_leader_is_killed_the_standby_goes_on_where_it_stopped(
    pair: RunningAlerts,
) -> None:
    first = await pair.leader()
    await pair.publish(10)
    killed_key = pair.transit.current(now())
    send(first, signal.SIGKILL)
    # Nobody has noticed yet: match goes on sealing to the key of an alert that is no more.
    await pair.publish(10, killed_key)
    second = await pair.leader(other_than=first)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)
    await first.start()
    await pair.standing_by(first)
    assert await pair.leader() is second, "it lost the lead to one that merely came back"


async def test_a_leader_that_is_suspended_is_ended_by_its_own_timer_and_followed(
    pair: RunningAlerts,
) -> None:
    first = await pair.leader()
    await pair.publish(10)
    send(first, signal.SIGSTOP)
    await pair.publish(10)
    second = await pair.leader(other_than=first)
    await until(lambda: first.pid is None)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)


async def test_a_leader_that_ends_in_order_hands_over(pair: RunningAlerts) -> None:
    first = await pair.leader()
    await pair.publish(10)
    send(first, signal.SIGTERM)
    second = await pair.leader(other_than=first)
    await pair.publish(10)
    await pair.stored()
    await pair.check(second)
