"""An index that doesn't answer keeps no clear copy alive for longer than one that does."""

import asyncio
import threading
from contextlib import ExitStack
from unittest import mock

import pytest
from tests.support.match_desk import LENGTH, NAME, PACK, MatchDesk, template

from lethe.contracts.live import ProbeOutcome
from lethe.match.ports import ListName
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings
from lethe.shredding.trust import LocalTrust


async def test_probes_expire_when_it_does_not_answer(trust: LocalTrust) -> None:
    desk = MatchDesk(trust)
    await desk.prepare()
    with desk.index.silent():
        [decided] = await desk.decide(desk.probe(template(0)))
    assert decided.outcome is ProbeOutcome.EXPIRED


async def test_the_time_for_one_list_is_not_begun_again_for_the_next(trust: LocalTrust) -> None:
    """Otherwise two deployments' lists together took longer than a probe may live."""
    desk = MatchDesk(trust)
    await desk.prepare()
    probes = [desk.probe(template(0)), desk.probe(template(1))]
    with ExitStack() as clear, desk.index.silent():
        buffers = [memoryview(each) for each in desk.desk._buffers]
        opened = [
            desk.desk._open(clear, probe, buffer)
            for probe, buffer in zip(probes, buffers, strict=False)
        ]
        opened[1].searched = ListName("another", PACK)
        begun = desk.index.searches
        await desk.desk._search(opened)
        assert desk.index.searches == begun + 1
        assert {item.outcome for item in opened} == {ProbeOutcome.EXPIRED}
        for item in opened:
            item.release()


async def test_of_a_search_that_waits_for_the_local_mode_nothing_is_copied_yet() -> None:
    """Its caller may be gone, and what it lent overwritten, before a thread comes to it."""
    settings = {"instance_id": "match-1", "roster_file": "none", "roster_root": ""}
    index = QdrantIndex(MatchSettings.model_validate({**settings, "signing_key_file": "none"}))
    await index.create(NAME, LENGTH)
    assert index._threads is not None
    gate, copied = threading.Event(), mock.Mock()
    busy = asyncio.create_task(index._threads.run(gate.wait))
    with mock.patch.object(index, "_request", copied):
        search = asyncio.create_task(index.search(NAME, [template(0)], 1))
        await asyncio.sleep(0)
        search.cancel()
        with pytest.raises(asyncio.CancelledError):
            await search
        gate.set()
        await busy
    copied.assert_not_called()
    await index.close()
