"""Orders are kept as they were signed, in both databases, each with its newest state."""

from pathlib import Path

import pytest
from tests.support.databases import a_term
from tests.support.forgetting import an_order, local_trust, signed, withdrawn

from lethe.alert.database import Database
from lethe.alert.kept_orders import KeptOrder, OrderKeeper
from lethe.alert.sql_kept_orders import SqlKeptOrderStore
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"


@pytest.fixture
def trust(tmp_path: Path) -> LocalTrust:
    return local_trust(tmp_path / "trust")


def kept(ordered: DeploymentOrdered, serial: int, name: str = NAME) -> KeptOrder:
    return KeptOrder(name, serial, ordered)


async def test_the_newest_state_is_kept_and_an_older_one_takes_nothing_away(
    database: Database, trust: LocalTrust
) -> None:
    first = signed(trust, an_order())
    other = signed(trust, an_order(deployment_id="deployment-2"))
    newer = withdrawn(trust, first.order, "s0", serial=2)
    heard = [kept(first, 1), kept(other, 1, "deployment-2")]
    keeper = OrderKeeper(SqlKeptOrderStore(await a_term(database)), lambda: heard)
    await keeper.keep()
    heard[0] = kept(newer, 2)
    await keeper.keep()
    # Another instance leads, and hears less of the broker.
    heard[:] = [kept(first, 1)]
    again = OrderKeeper(SqlKeptOrderStore(await a_term(database)), lambda: heard)
    await again.keep()
    found = await again.find(NAME)
    assert found == kept(newer, 2)
    assert found.state.withdrawn == ["s0"]
    assert await again.find("deployment-2") == kept(other, 1, "deployment-2")
    assert await again.find("deployment-3") is None


def test_an_order_is_over_when_it_was_ended_or_its_window_is(trust: LocalTrust) -> None:
    order = an_order()
    running = kept(signed(trust, order), 1)
    ended = kept(signed(trust, order, status=OrderStatus.ENDED, serial=2), 2)
    assert not running.is_over(order.ends_at_us - 1)
    assert running.is_over(order.ends_at_us)
    assert ended.is_over(order.starts_at_us)
