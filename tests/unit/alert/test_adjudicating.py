"""What follows from an officer's decision, also when something fails on the way."""

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant
from tests.support.announcing import Listeners, announcer_of, announcing, running
from tests.support.brokers import eventually

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.alerts import Alert
from lethe.alert.errors import Conflict, DatabaseUnavailable, NotFound
from lethe.alert.hub import EventKind, HubEvent, Subscription
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import AlertAdjudicated, Capacity, Outcome, Verdict
from lethe.contracts.errors import Erased
from lethe.contracts.topics import ALERT_ADJUDICATED, ALERT_RAISED

OFFICER = Capacity.ENGAGEMENT_OFFICER


def decision(
    verdict: Verdict = Verdict.FALSE_ALERT,
    *,
    officer: str = "Ames",
    confirmed: bool = False,
) -> Adjudication:
    return Adjudication(verdict, confirmed, Outcome.NO_ACTION, officer, instant(5_000), OFFICER)


def kinds(subscription: Subscription) -> list[tuple[EventKind, bool]]:
    taken = [event for event in subscription.take() if isinstance(event, HubEvent)]
    return [(event.kind, event.alert.erased) for event in taken]


async def raised(bench: DeskBench, search_id: str = "a") -> Alert:
    alert = await bench.desk.receive(candidates_found(search_id), CROP)
    assert alert is not None
    return alert


async def opens(bench: DeskBench, alert: Alert) -> bool:
    try:
        return await bench.desk.probe(alert.alert_id) == CROP
    except Erased:
        return False


async def test_a_false_alert_is_erased_at_once_and_pages_are_told() -> None:
    bench = DeskBench()
    false, other = await raised(bench, "a"), await raised(bench, "b")
    stream = bench.hub.subscribe(-1)
    answer = await bench.desk.handling.adjudicate(false.alert_id, decision())
    assert answer.erased
    assert answer.is_false
    assert bench.keys.names() == [f"alert-{other.alert_id}"]
    assert list(bench.log.pictures) == [other.alert_id]
    assert bench.retired == ["transit"]
    assert kinds(stream) == [(EventKind.ADJUDICATED, True), (EventKind.ERASED, True)]
    assert await opens(bench, other)


async def test_false_alerts_are_counted_at_once_also_while_nobody_can_be_told() -> None:
    bench, listeners = DeskBench(), Listeners()
    listeners.publisher.refusing |= {ALERT_ADJUDICATED.name, ALERT_RAISED.name}

    def false() -> int:
        return sum(alert.is_false for alert in bench.log.alerts)

    announcer = announcer_of(bench, listeners)
    adjudicator = Adjudicator(bench.desk.handling, announcer)
    async with running(announcer):
        for search_id in ("a", "b"):
            await adjudicator.adjudicate((await raised(bench, search_id)).alert_id, decision())
            await eventually(lambda: announcer.false_alerts == {"deployment-1": false()})


async def test_a_true_alert_is_kept_and_may_still_turn_out_false() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    stream = bench.hub.subscribe(-1)
    assert not (
        await bench.desk.handling.adjudicate(alert.alert_id, decision(Verdict.TRUE_ALERT))
    ).erased
    assert await opens(bench, alert)
    assert kinds(stream) == [(EventKind.ADJUDICATED, False)]
    await bench.desk.handling.adjudicate(alert.alert_id, decision(confirmed=True))
    assert not await opens(bench, alert)
    verdicts = [adjudication.verdict for _, adjudication in bench.log.adjudicated]
    assert verdicts == [Verdict.TRUE_ALERT, Verdict.FALSE_ALERT]


async def test_the_same_decision_again_changes_nothing() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    first = await bench.desk.handling.adjudicate(alert.alert_id, decision())
    stream = bench.hub.subscribe(-1)
    again = await bench.desk.handling.adjudicate(alert.alert_id, decision())
    assert again == first
    assert len(bench.log.adjudicated) == 1
    assert kinds(stream) == []


async def test_a_false_alert_cannot_be_decided_on_otherwise() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    await bench.desk.handling.adjudicate(alert.alert_id, decision())
    for other in (decision(Verdict.TRUE_ALERT), decision(officer="Birch")):
        with pytest.raises(Conflict):
            await bench.desk.handling.adjudicate(alert.alert_id, other)
    assert len(bench.log.adjudicated) == 1


async def test_an_unknown_alert_is_not_adjudicated() -> None:
    with pytest.raises(NotFound):
        await DeskBench().desk.handling.adjudicate("nothing", decision())


async def test_a_decision_that_was_not_recorded_erases_nothing() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    bench.log.failing.add("adjudicate")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.handling.adjudicate(alert.alert_id, decision())
    assert await opens(bench, alert)


@pytest.mark.parametrize("failing", ["transit_key_ids", "mark_erased"])
async def test_what_fails_after_the_record_is_made_good_later(failing: str) -> None:
    bench = DeskBench()
    alert = await raised(bench)
    bench.log.failing.add(failing)
    answer = await bench.desk.handling.adjudicate(alert.alert_id, decision())
    assert not answer.erased
    assert await bench.desk.erase_due(instant(0)) == 1
    assert not await opens(bench, alert)
    assert bench.log.alerts[0].erased
    assert bench.retired[-1] == "transit"


async def test_its_own_key_goes_first_whatever_keeps_the_transit_keys() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    bench.log.failing.add("transit_key_ids")
    await bench.desk.handling.adjudicate(alert.alert_id, decision())
    assert (bench.keys.names(), bench.retired) == ([], [])
    assert not bench.log.alerts[0].erased
    # As if another instance had to go on from there.
    await bench.restart()
    assert bench.retired == ["transit"]
    assert bench.log.alerts[0].erased


async def test_what_a_crash_cut_short_is_made_good_at_the_next_start() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    await bench.log.adjudicate(alert, decision())
    await bench.restart()
    assert bench.keys.names() == []
    assert bench.log.alerts[0].erased
    assert bench.retired == ["transit"]


async def test_an_alert_that_is_erased_already_can_still_be_decided_on() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    await bench.desk.erase_due(instant(25 * 3_600_000))
    stream = bench.hub.subscribe(-1)
    assert (await bench.desk.handling.adjudicate(alert.alert_id, decision())).erased
    assert kinds(stream) == [(EventKind.ADJUDICATED, True)]


async def test_a_subject_seen_again_after_a_false_alert_is_a_new_alert() -> None:
    bench = DeskBench(cool_down_s=60)
    alert = await raised(bench)
    await bench.desk.handling.adjudicate(alert.alert_id, decision())
    again = await bench.desk.receive(candidates_found("b"), CROP)
    assert again is not None
    assert again.alert_id != alert.alert_id


async def test_others_hear_of_an_adjudication_once_with_what_it_says() -> None:
    bench, listeners = DeskBench(), Listeners()
    alert = await raised(bench)
    async with announcing(bench, listeners) as adjudicator:
        await adjudicator.adjudicate(alert.alert_id, decision(confirmed=True))
        await adjudicator.adjudicate(alert.alert_id, decision(confirmed=True))
        await eventually(lambda: bench.log.announced == {1})
    assert listeners.adjudicated == [
        AlertAdjudicated(
            alert_id=alert.alert_id,
            number=1,
            camera_id="entrance",
            deployment_id="deployment-1",
            verdict=Verdict.FALSE_ALERT,
            confirmed=True,
            outcome=Outcome.NO_ACTION,
            adjudicated=instant(5_000),
            capacity=Capacity.ENGAGEMENT_OFFICER,
        )
    ]
    assert [sent.key for sent in listeners.publisher.of(ALERT_ADJUDICATED)] == [alert.alert_id]


async def test_while_others_cannot_be_told_an_adjudication_takes_effect_and_waits() -> None:
    bench, listeners = DeskBench(), Listeners()
    listeners.publisher.refusing.add(ALERT_ADJUDICATED.name)
    alert = await raised(bench)
    async with announcing(bench, listeners) as adjudicator:
        answer = await adjudicator.adjudicate(alert.alert_id, decision(Verdict.TRUE_ALERT))
        assert answer.adjudication is not None
        # It was told of the alert by then, and tried this.
        await eventually(lambda: not bench.log.to_announce)
    assert bench.log.announced == set()
    listeners.publisher.refusing.clear()
    async with announcing(bench, listeners):
        await eventually(lambda: bench.log.announced == {1})
    assert [event.number for event in listeners.adjudicated] == [1]
