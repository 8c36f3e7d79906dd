"""Whoever leads tells pages of the alerts about somebody, when their withdrawal is heard."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from tests.support.alert_drafts import draft
from tests.support.forgetting import signed, withdrawn
from tests.unit.alert.deploying.conftest import ORDER, Front

from lethe.alert.handlers import Handlers
from lethe.alert.hub import AlertHub, EventKind, HubEvent
from lethe.contracts.orders import DeploymentOrdered
from lethe.contracts.topics import DEPLOYMENT_ORDERED
from lethe.runtime.records import Record
from lethe.shredding.trust import LocalTrust

_UNUSED = cast("Any", None)


async def hear(front: Front, reign: object, ordered: DeploymentOrdered) -> None:
    leads = cast("Any", SimpleNamespace(reign=reign))
    handlers = Handlers(_UNUSED, front.desk, leads, _UNUSED, _UNUSED)
    body = ordered.encode()
    await handlers.on_order(Record(DEPLOYMENT_ORDERED, 0, 0, ORDER.deployment_id, [], body))


async def test_open_alerts_about_whoever_is_withdrawn_are_told_again(
    front: Front, trust: LocalTrust
) -> None:
    hub = AlertHub("log", 1)
    alerts = [
        replace(draft(name, name), sequence=number, deployment_id=ORDER.deployment_id)
        for number, name in enumerate(("s0", "s1"), start=1)
    ]
    for alert in alerts:
        hub.publish(HubEvent(EventKind.ALERT, alert))
    listening, reign = hub.subscribe(-1), SimpleNamespace(hub=hub)
    running = signed(trust, ORDER)
    await hear(front, reign, running)
    assert listening.take() == []
    await hear(front, reign, withdrawn(trust, running.order, "s0"))
    assert listening.take() == [HubEvent(EventKind.SIGHTING, alerts[0])]


async def test_whoever_stands_by_knows_it_and_tells_nobody(front: Front, trust: LocalTrust) -> None:
    running = signed(trust, ORDER)
    for ordered in (running, withdrawn(trust, running.order, "s0")):
        await hear(front, None, ordered)
    assert front.desk.withdrawn(ORDER.deployment_id) == {"s0"}
