"""An ended order stays ended for a purge that starts again on a broker which was set back."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.brokers import running_broker
from tests.support.forgetting import an_order, signed
from tests.support.processes import until
from tests.support.readers import reading_topic

from lethe.cli.stack.ports import free_ports
from lethe.cli.stack.process import Child
from lethe.cli.stack.services import StackSettings, service_spec
from lethe.contracts.errors import RolledBack
from lethe.contracts.orders import OrderStatus
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topics import DEPLOYMENT_ORDERED
from lethe.purge.progress_file import ProgressFile
from lethe.runtime.kept_topic import add
from lethe.shredding.progress import OrderProgress
from lethe.shredding.roster import create_local_trust
from lethe.shredding.trust import LocalTrust, load_local_trust

NAME = "deployment-1"
DEAD_LETTERS = replace(DEPLOYMENT_ORDERED, name=DEPLOYMENT_ORDERED.dead_letters, partitions=1)


class Purge:
    """One instance of purge as a process, on whichever broker there is."""

    def __init__(self, folder: Path) -> None:
        create_local_trust(folder / "trust", wall_us=time.time_ns() // 1000)
        self.trust: LocalTrust = load_local_trust(folder / "trust")
        self.stack = StackSettings(
            self.trust, folder, folder, 0, cool_down_s=0.0, memory_bound_mb=0
        )
        self.store = ProgressFile(folder / "purge-1")

    def on(self, broker: str) -> Child:
        (port,) = free_ports(1)
        spec = service_spec("purge-1", "purge", self.stack, {"LETHE_BROKER": broker}, port)
        return Child(replace(spec, restart_limit=0), print, print)

    def orders_kept(self) -> dict[str, OrderProgress]:
        progress = self.store.load()
        return progress.orders if progress else {}


@asynccontextmanager
async def running(child: Child) -> AsyncIterator[None]:
    """Run a process; it is killed at the end, so that nothing is kept because it stopped."""
    await child.start()
    child.ready = True
    try:
        yield
    finally:
        child.begin_stop(kill=True)
        await child.end_stop()


async def test_an_ended_order_stays_ended_on_a_broker_that_was_set_back(tmp_path: Path) -> None:
    purge = Purge(tmp_path)
    begins_us = time.time_ns() // 1000
    order = an_order(starts_at_us=begins_us, ends_at_us=begins_us + 3_600_000_000)
    running_state = signed(purge.trust, order).encode()
    ended = signed(purge.trust, order, status=OrderStatus.ENDED, serial=2).encode()
    async with running_broker(tmp_path) as broker:
        await add({"bootstrap_servers": broker}, DEPLOYMENT_ORDERED, {NAME: running_state})
        async with running(purge.on(broker)):
            await until(lambda: NAME in purge.orders_kept())
            await add({"bootstrap_servers": broker}, DEPLOYMENT_ORDERED, {NAME: ended})
            await until(lambda: purge.orders_kept()[NAME].status is OrderStatus.ENDED)
    async with running_broker(tmp_path) as broker:
        await add({"bootstrap_servers": broker}, DEPLOYMENT_ORDERED, {NAME: running_state})
        with reading_topic(broker, DEAD_LETTERS) as letters:
            async with running(purge.on(broker)):
                await until(lambda: letters)
    assert DeadLetter.decode(letters[0]).error == RolledBack.__name__
    assert purge.orders_kept()[NAME].status is OrderStatus.ENDED
