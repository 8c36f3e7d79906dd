"""What goes on while an instance leads."""

import asyncio
from dataclasses import fields
from typing import Any

from tests.support.alert_desk import CROP, DeskBench, candidates_found

from lethe.alert.alerts import AlertTerms
from lethe.alert.hub import EventKind, HubEvent
from lethe.alert.reign import Reign


class Idle:
    """A part that does nothing until it is cancelled."""

    async def run(self) -> None:
        await asyncio.Event().wait()


async def test_pages_are_told_of_an_end_also_while_the_key_store_hangs() -> None:
    bench = DeskBench()
    for ms in (0, 1):
        found = candidates_found(f"search-{ms}", at_ms=ms)
        await bench.desk.receive(found, CROP, AlertTerms(retention_hours=1))
    bench.clock.ms = 3_600_000
    parts: dict[str, Any] = {each.name: Idle() for each in fields(Reign)}
    reign = Reign(**parts | {"desk": bench.desk, "hub": bench.hub, "now": bench.clock})
    stream = bench.hub.subscribe(-1)
    with bench.keys.hanging():
        # The turn of whoever changes alerts is taken, and held.
        before = bench.hub.end
        sweep = asyncio.create_task(bench.desk.erase_due(bench.clock()))
        await bench.hub.wait_beyond(before)
        stream.take()
        before = bench.hub.end
        bench.clock.ms += 1
        going = [asyncio.create_task(part) for part in reign.parts()]
        await bench.hub.wait_beyond(before)
        told = stream.take()
        for task in going:
            task.cancel()
    await sweep
    assert [e.kind for e in told if isinstance(e, HubEvent)] == [EventKind.ERASED]
