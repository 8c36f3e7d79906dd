"""Systems outside are told of every alert and of every decision, whatever fails on the way."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant
from tests.support.announcing import Listeners, announcer_of, running
from tests.support.brokers import eventually
from tests.support.clocks import FakeClock
from tests.support.members import member_of
from tests.support.publishing import record

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.announcing import Announcer
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.handlers import Handlers
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.keys import Role
from lethe.contracts.topics import ALERT_ADJUDICATED, ALERT_RAISED, CANDIDATES_FOUND
from lethe.shredding.trust import LocalTrust

HOUR_MS = 3_600_000


async def raised(bench: DeskBench, search_id: str, subject_id: str = "subject-1") -> Alert:
    found = candidates_found(search_id, subject_id=subject_id)
    alert = await bench.desk.receive(found, CROP)
    assert alert is not None
    return alert


async def adjudicate(bench: DeskBench, alert: Alert, verdict: Verdict = Verdict.TRUE_ALERT) -> None:
    made = Adjudication(verdict, True, None, "Ames", instant(1), Capacity.ENGAGEMENT_OFFICER)
    await bench.desk.handling.adjudicate(alert.alert_id, made)


async def told(announcer: Announcer, bench: DeskBench) -> None:
    """Announce until nothing waits."""
    async with running(announcer):
        await eventually(lambda: not bench.log.to_announce)


async def test_every_alert_is_told_once_in_order_and_as_it_is() -> None:
    bench, listeners = DeskBench(), Listeners()
    alerts = [await raised(bench, name) for name in ("a", "b", "c")]
    await told(announcer_of(bench, listeners), bench)
    await told(announcer_of(bench, listeners), bench)
    assert listeners.raised == [alert.raised() for alert in alerts]
    assert [sent.key for sent in listeners.publisher.sent] == [each.alert_id for each in alerts]


async def test_a_candidate_list_that_becomes_an_alert_has_it_told_at_once(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lethe.alert.announcing._AGAIN_S", 3600.0)
    bench, listeners, clock = DeskBench(), Listeners(), FakeClock()
    announcer = announcer_of(bench, listeners)
    member = member_of(trust, Role.ALERT, clock)

    async def unwrap(*_: object) -> bytes:
        # A copy: whoever opened it overwrites it.
        return bytes(bytearray(CROP))

    reign = SimpleNamespace(
        announcer=announcer, desk=bench.desk, transit=SimpleNamespace(unwrap=unwrap)
    )
    leads: Any = SimpleNamespace(reign=reign)
    orders: Any = SimpleNamespace(terms=lambda _: AlertTerms())
    absent: Any = None
    handlers = Handlers(member, orders, leads, absent, absent)
    match = member_of(trust, Role.MATCH, clock)
    async with running(announcer):
        await eventually(lambda: not announcer._news.is_set())
        await asyncio.sleep(0)
        envelope = match.signer.sign(CANDIDATES_FOUND.name, candidates_found("a").encode())
        await handlers.on_candidates(record(CANDIDATES_FOUND, "entrance", envelope.encode()))
        await eventually(lambda: len(listeners.raised) == 1)
    [alert] = bench.log.alerts
    assert listeners.raised[0].alert_id == alert.alert_id


async def test_while_the_broker_is_away_alerts_wait_also_for_whoever_leads_next() -> None:
    bench, listeners = DeskBench(), Listeners()
    listeners.publisher.refusing.add(ALERT_RAISED.name)
    first = await raised(bench, "a")
    await announcer_of(bench, listeners).turn()
    assert bench.log.to_announce == {first.alert_id}
    await bench.restart()
    second = await raised(bench, "b")
    listeners.publisher.refusing.clear()
    await told(announcer_of(bench, listeners), bench)
    assert [each.alert_id for each in listeners.raised] == [first.alert_id, second.alert_id]


async def test_a_topic_that_the_broker_refuses_holds_the_other_one_back_by_nothing() -> None:
    bench, listeners = DeskBench(), Listeners()
    listeners.publisher.refusing.add(ALERT_RAISED.name)
    alert = await raised(bench, "a")
    await adjudicate(bench, alert)
    async with running(announcer_of(bench, listeners)):
        await eventually(lambda: bench.log.announced == {1})
    assert [each.alert_id for each in listeners.adjudicated] == [alert.alert_id]
    listeners.publisher.refusing = {ALERT_ADJUDICATED.name}
    await adjudicate(bench, await raised(bench, "b"))
    await told(announcer_of(bench, listeners), bench)
    assert len(listeners.raised) == 2


async def test_what_was_told_before_a_fault_is_told_no_more_and_the_rest_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lethe.alert.announcing._AGAIN_S", 0.01)
    bench, listeners = DeskBench(), Listeners()
    alerts = [await raised(bench, name) for name in ("a", "b", "c")]
    publish, calls = listeners.publisher.send, 0

    async def send(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        listeners.publisher.refusing = {ALERT_RAISED.name} if calls == 2 else set()
        await publish(*arguments)

    monkeypatch.setattr(listeners.publisher, "send", send)
    await told(announcer_of(bench, listeners), bench)
    assert [each.alert_id for each in listeners.raised] == [each.alert_id for each in alerts]


async def test_what_was_told_and_could_not_be_recorded_is_told_again_only_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lethe.alert.announcing._AGAIN_S", 0.01)
    bench, listeners = DeskBench(), Listeners()
    alert = await raised(bench, "a")
    bench.log.failing.add("end_announcing")
    await announcer_of(bench, listeners).turn()
    assert bench.log.to_announce == {alert.alert_id}
    bench.log.failing.add("end_announcing")
    await told(announcer_of(bench, listeners), bench)
    assert [each.alert_id for each in listeners.raised] == [alert.alert_id] * 2


async def test_a_decision_and_its_count_do_not_wait_for_all_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lethe.alert.announcing._AT_ONCE", 2)
    monkeypatch.setattr("lethe.alert.announcing._AGAIN_S", 3600.0)
    bench, listeners = DeskBench(), Listeners()
    alerts = [await raised(bench, name) for name in "abcde"]
    announcer = announcer_of(bench, listeners)
    await announcer.turn()
    await adjudicate(bench, alerts[4], Verdict.FALSE_ALERT)
    announcer.wake(decided=True)
    await announcer.turn()
    assert (len(listeners.raised), len(listeners.adjudicated)) == (4, 1)
    assert list(announcer.false_alerts.values()) == [1]
    await told(announcer, bench)
    assert [each.alert_id for each in listeners.raised] == [a.alert_id for a in alerts[:4]]


async def test_false_alerts_are_counted_when_somebody_decided_and_not_with_every_alert(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, counted = DeskBench(), 0
    count = bench.log.false_alerts

    async def false_alerts() -> dict[str, int]:
        nonlocal counted
        counted += 1
        if counted == 2:
            raise DatabaseUnavailable("away")
        return dict(await count())

    monkeypatch.setattr(bench.log, "false_alerts", false_alerts)
    announcer = announcer_of(bench, Listeners())
    for _ in range(3):
        announcer.wake()
        await announcer.turn()
    assert counted == 1, "at the start"
    announcer.wake(decided=True)
    await announcer.turn()
    await announcer.turn()
    assert counted == 3, "again where it failed"


async def test_nobody_hears_of_alerts_that_ended_before_they_could_be_told() -> None:
    bench, listeners = DeskBench(), Listeners()
    false, withdrawn = await raised(bench, "a"), await raised(bench, "b", "withdrawn")
    true = await raised(bench, "c")
    await adjudicate(bench, false, Verdict.FALSE_ALERT)
    await adjudicate(bench, true)
    await told(announcer_of(bench, listeners, withdrawn.subject_id), bench)
    assert [each.alert_id for each in listeners.raised] == [true.alert_id]
    # A decision names nobody, and counts.
    async with running(announcer_of(bench, listeners)):
        await eventually(lambda: bench.log.announced == {1, 2})
    assert [each.alert_id for each in listeners.adjudicated] == [false.alert_id, true.alert_id]
    assert all(b"subject" not in sent.body for sent in listeners.publisher.of(ALERT_ADJUDICATED))


@pytest.mark.parametrize("swept", [True, False])
async def test_nobody_hears_of_an_alert_after_its_retention(swept: bool) -> None:
    bench, listeners = DeskBench(), Listeners()
    await raised(bench, "a")
    bench.clock.ms = 24 * HOUR_MS
    if swept:
        assert await bench.desk.erase_due(bench.clock()) == 1
    await told(announcer_of(bench, listeners), bench)
    assert listeners.raised == []


async def test_an_alert_that_is_called_false_while_others_are_told_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, listeners = DeskBench(), Listeners()
    first, second = await raised(bench, "a"), await raised(bench, "b")
    publish = listeners.publisher.send

    async def send(*arguments: Any) -> None:
        await publish(*arguments)
        await adjudicate(bench, second, Verdict.FALSE_ALERT)

    monkeypatch.setattr(listeners.publisher, "send", send)
    await told(announcer_of(bench, listeners), bench)
    assert [each.alert_id for each in listeners.raised] == [first.alert_id]


async def test_whoever_leads_no_more_ends_in_the_middle_and_records_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, listeners = DeskBench(), Listeners()
    await raised(bench, "a")
    await raised(bench, "b")
    publish, told = listeners.publisher.send, asyncio.Event()

    async def send(*arguments: Any) -> None:
        if listeners.raised:
            told.set()
            await asyncio.Event().wait()
        await publish(*arguments)

    monkeypatch.setattr(listeners.publisher, "send", send)
    # As if the database had another leader by then.
    bench.log.failing.add("end_announcing")
    task = asyncio.create_task(announcer_of(bench, listeners).run())
    await told.wait()
    task.cancel()
    await eventually(task.done)
    assert task.cancelled()
    assert len(bench.log.to_announce) == 2
