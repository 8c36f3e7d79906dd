"""The documented client of the topics on Kafka, run as it stands beside what alert publishes."""

import asyncio
import contextlib
import importlib.util
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any, cast

from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant
from tests.support.announcing import running
from tests.support.brokers import publishing, settings_for
from tests.support.markdown import ROOT

from lethe.alert.announcing import Announcer
from lethe.alert.handlers import Outbox
from lethe.alert.judgements import Adjudication
from lethe.contracts import topics
from lethe.contracts.adjudication import AlertAdjudicated, Capacity, Verdict
from lethe.contracts.live import AlertRaised
from lethe.contracts.receipts import AlertsErased, ErasedAlert, ErasureGround
from lethe.contracts.sealed import SignedEnvelope

_EXAMPLE = ROOT / "docs/examples/hear.py"
_NOBODY = cast("Any", None)


def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hear", _EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.asynccontextmanager
async def hearing(broker: str) -> AsyncIterator[Process]:
    """Run the example until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, _EXAMPLE, broker, stdout=PIPE, limit=1 << 20
    )
    try:
        yield process
    finally:
        process.kill()
        await process.communicate()


async def printed(process: Process) -> dict[str, Any]:
    """Return the next piece of news that it prints."""
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(await process.stdout.readline())
    return said


def erased(*alert_ids: str) -> bytes:
    said = AlertsErased(
        instance_id="alert-1",
        alerts=[
            ErasedAlert(alert_id=each, deployment_id="d", ground=ErasureGround.RETENTION)
            for each in alert_ids
        ],
        sent=instant(0),
    )
    return SignedEnvelope(signer="alert", payload=said.encode(), signature=bytes(64)).encode()


def test_it_hears_the_topics_that_are_there() -> None:
    hear = loaded()
    known = {topics.ALERT_RAISED, topics.ALERT_ADJUDICATED, topics.ALERTS_ERASED}
    assert {hear.RAISED, hear.ADJUDICATED, hear.ERASED} == {topic.name for topic in known}
    page = (ROOT / "docs/how-to/hear-of-alerts-on-kafka.md").read_text()
    assert all(topic.name in page for topic in known)
    fields = {*AlertRaised.model_fields, *AlertAdjudicated.model_fields}
    assert [name for name in fields if f"`{name}`" not in page] == []


async def test_it_prints_alerts_and_decisions_once_and_what_is_to_be_forgotten(
    broker: str,
) -> None:
    bench = DeskBench()
    alerts = [await bench.desk.receive(candidates_found(name), CROP) for name in "abc"]
    first, second, third = [alert for alert in alerts if alert is not None]
    async with publishing(settings_for(broker, "alert-1")) as publisher, hearing(broker) as process:
        announcer = Announcer(bench.log, Outbox(_NOBODY, publisher), lambda _: (), bench.clock)
        async with running(announcer):
            heard = [await printed(process) for _ in alerts]
            assert [each["alert_id"] for each in heard] == [
                each.alert_id for each in (first, second, third)
            ]
            assert heard[0]["subject_id"] == "subject-1"
            # As a leader does that was killed before it recorded what it had told.
            await publisher.send(topics.ALERT_RAISED, first.alert_id, first.raised().encode())
            made = Adjudication(
                Verdict.FALSE_ALERT, True, None, "Ames", instant(1), Capacity.ENGAGEMENT_OFFICER
            )
            await bench.desk.handling.adjudicate(second.alert_id, made)
            announcer.wake()
            heard = [await printed(process) for _ in range(2)]
            assert [each["news"] for each in heard] == ["adjudicated", "forget"]
            assert {each["alert_id"] for each in heard} == {second.alert_id}
            for _ in range(2):
                body = erased(second.alert_id, third.alert_id)
                await publisher.send(topics.ALERTS_ERASED, "alert-1", body)
            assert await printed(process) == {"news": "forget", "alert_id": third.alert_id}
            await publisher.send(topics.ALERTS_ERASED, "alert-1", erased("another"))
            assert (await printed(process))["alert_id"] == "another"
