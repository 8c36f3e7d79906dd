"""What a killed run leaves on a broker that keeps it, and how the next run ends it."""

import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from tests.support.forgetting import an_order, signer_of

from lethe.cli.stack.left_overs import end_left_overs
from lethe.contracts.orders import DeploymentOrder, OrderStatus
from lethe.contracts.topics import DEPLOYMENT_ORDERED
from lethe.shredding.authorising import sign_order
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import LocalTrust, load_local_trust


def now_us() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def trust(tmp_path: Path) -> LocalTrust:
    return new_trust(tmp_path / "ours")


def new_trust(folder: Path) -> LocalTrust:
    create_local_trust(folder, wall_us=now_us())
    return load_local_trust(folder)


def order(name: str) -> DeploymentOrder:
    begins_us = now_us() - 1_000_000
    times = {"starts_at_us": begins_us, "ends_at_us": begins_us + 3_600_000_000}
    return an_order().model_copy(update={"deployment_id": name, **times})


async def publish(broker: str, trust: LocalTrust, name: str, status: OrderStatus) -> None:
    body = sign_order(order(name), signer_of(trust, "officer"), status=status).encode()
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        await producer.send_and_wait(DEPLOYMENT_ORDERED.name, body, key=name.encode(), partition=0)
    finally:
        await producer.stop()


async def test_local_orders_that_still_run_are_ended_once(broker: str, trust: LocalTrust) -> None:
    options = {"bootstrap_servers": broker}
    assert await end_left_overs(options, trust, now_us()) == 0
    await publish(broker, trust, "killed", OrderStatus.RUNNING)
    await publish(broker, trust, "over", OrderStatus.ENDED)
    assert await end_left_overs(options, trust, now_us()) == 1
    assert await end_left_overs(options, trust, now_us()) == 0


async def test_orders_under_another_root_are_left_alone(
    broker: str, trust: LocalTrust, tmp_path: Path
) -> None:
    other = new_trust(tmp_path / "theirs")
    await publish(broker, other, "theirs", OrderStatus.RUNNING)
    options = {"bootstrap_servers": broker}
    assert await end_left_overs(options, trust, now_us()) == 0
    assert await end_left_overs(options, other, now_us()) == 1
