"""From raised to adjudicated: who sees an alert, who goes, and whose judgement counts."""

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant

from lethe.alert.alerts import Alert
from lethe.alert.errors import Conflict, DatabaseUnavailable, NotFound, Stale
from lethe.alert.hub import EventKind, HubEvent
from lethe.alert.judgements import Adjudication, AlertState, Mark
from lethe.contracts.adjudication import Capacity, Verdict

OPERATOR, OFFICER = Capacity.OPERATOR, Capacity.ENGAGEMENT_OFFICER
FALSE, TRUE = Verdict.FALSE_ALERT, Verdict.TRUE_ALERT


def judged(verdict: Verdict, capacity: Capacity, officer: str = "Ames") -> Adjudication:
    return Adjudication(verdict, False, None, officer, instant(5_000), capacity)


async def raised(bench: DeskBench) -> Alert:
    alert = await bench.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    return alert


async def test_an_alert_goes_from_raised_to_adjudicated_and_every_page_hears_of_it() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling, stream = bench.desk.handling, bench.hub.subscribe(-1)
    await handling.acknowledge(alert.alert_id, "Ames")
    bench.clock.ms = 2_000
    await handling.claim(alert.alert_id, "Birch")
    await handling.adjudicate(alert.alert_id, judged(TRUE, OFFICER, "Birch"))
    told = [event for event in stream.take() if isinstance(event, HubEvent)]
    assert [(e.kind, e.alert.state, e.alert.version) for e in told] == [
        (EventKind.ACKNOWLEDGED, AlertState.ACKNOWLEDGED, 1),
        (EventKind.CLAIMED, AlertState.CLAIMED, 2),
        (EventKind.ADJUDICATED, AlertState.ADJUDICATED, 3),
    ]
    kept = await bench.desk.find(alert.alert_id)
    assert alert.state is AlertState.RAISED
    assert kept.acknowledged == Mark("Ames", instant(0))
    assert kept.claim == Mark("Birch", instant(2_000))


async def test_an_acknowledgement_that_comes_again_changes_nothing_whoever_sends_it() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    first = await bench.desk.handling.acknowledge(alert.alert_id, "Ames")
    stream = bench.hub.subscribe(-1)
    for officer in ("Ames", "Birch"):
        assert await bench.desk.handling.acknowledge(alert.alert_id, officer) == first
    assert stream.take() == []


async def test_whoever_claims_has_seen_the_alert() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    claimed = await bench.desk.handling.claim(alert.alert_id, "Birch", seen=0)
    assert claimed.acknowledged == claimed.claim == Mark("Birch", instant(0))
    # The answer got lost, and the officer's phone asks again with what it knew.
    assert await bench.desk.handling.claim(alert.alert_id, "Birch", seen=0) == claimed


async def test_a_claim_passes_on_only_to_whoever_knows_of_it() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    claimed = await handling.claim(alert.alert_id, "Birch")
    with pytest.raises(Conflict, match="Birch is going"):
        await handling.claim(alert.alert_id, "Cole")
    with pytest.raises(Stale):
        await handling.claim(alert.alert_id, "Cole", seen=0)
    taken_over = await handling.claim(alert.alert_id, "Cole", seen=claimed.version)
    assert taken_over.claim == Mark("Cole", instant(0))
    assert taken_over.acknowledged == Mark("Birch", instant(0))


async def test_false_by_an_operator_closes_an_alert_that_nobody_claimed() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    closed = await bench.desk.handling.adjudicate(alert.alert_id, judged(FALSE, OPERATOR))
    assert closed.erased
    assert bench.keys.names() == []
    for act in (bench.desk.handling.acknowledge, bench.desk.handling.claim):
        with pytest.raises(Conflict, match="adjudicated as false"):
            await act(alert.alert_id, "Birch")


async def test_false_by_an_operator_is_recorded_on_a_claimed_alert_and_closes_nothing() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    await handling.claim(alert.alert_id, "Birch")
    opinion = await handling.adjudicate(alert.alert_id, judged(FALSE, OPERATOR))
    assert (opinion.state, opinion.adjudication) == (AlertState.CLAIMED, None)
    assert opinion.judgements.operator is not None
    assert await bench.desk.erase_due(instant(0)) == 0
    assert await bench.desk.probe(alert.alert_id) == CROP

    final = await handling.adjudicate(alert.alert_id, judged(TRUE, OFFICER, "Birch"))
    assert (final.state, final.erased) == (AlertState.ADJUDICATED, False)
    assert final.judgements.operator == opinion.judgements.operator
    with pytest.raises(Conflict, match="final"):
        await handling.adjudicate(alert.alert_id, judged(TRUE, OPERATOR))


async def test_an_operators_true_alert_waits_for_whoever_goes() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    assert (
        await handling.adjudicate(alert.alert_id, judged(TRUE, OPERATOR))
    ).state is AlertState.ADJUDICATED
    assert (await handling.claim(alert.alert_id, "Birch")).state is AlertState.CLAIMED
    assert (await handling.adjudicate(alert.alert_id, judged(FALSE, OFFICER, "Birch"))).erased
    assert [each.officer for _, each in bench.log.adjudicated] == ["Ames", "Birch"]


async def test_of_two_officers_who_decide_at_once_the_second_hears_of_the_first() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    first = await handling.adjudicate(alert.alert_id, judged(TRUE, OFFICER, "Ames"), seen=0)
    with pytest.raises(Stale):
        await handling.adjudicate(alert.alert_id, judged(FALSE, OFFICER, "Birch"), seen=0)
    with pytest.raises(Conflict, match="Ames has decided"):
        await handling.adjudicate(alert.alert_id, judged(FALSE, OFFICER, "Birch"))
    assert await bench.desk.probe(alert.alert_id) == CROP
    # Once they have seen it, they may say otherwise.
    birch = judged(FALSE, OFFICER, "Birch")
    assert (await handling.adjudicate(alert.alert_id, birch, seen=first.version)).erased


async def test_a_decision_that_is_sent_again_with_what_was_known_before_is_answered_alike() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    decided = judged(TRUE, OFFICER)
    first = await bench.desk.handling.adjudicate(alert.alert_id, decided, seen=0)
    assert await bench.desk.handling.adjudicate(alert.alert_id, decided, seen=0) == first


async def test_once_an_officer_has_decided_nobody_goes_any_more() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    await bench.desk.handling.adjudicate(alert.alert_id, judged(TRUE, OFFICER))
    with pytest.raises(Conflict, match="has adjudicated"):
        await bench.desk.handling.claim(alert.alert_id, "Birch", seen=1)


async def test_what_the_log_did_not_take_is_told_to_nobody() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    stream = bench.hub.subscribe(-1)
    bench.log.failing.add("mark_handled")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.handling.acknowledge(alert.alert_id, "Ames")
    assert stream.take() == []
    assert (await bench.desk.handling.acknowledge(alert.alert_id, "Ames")).version == 1


async def test_nothing_is_done_about_an_unknown_alert() -> None:
    handling = DeskBench().desk.handling
    for act in (handling.acknowledge, handling.claim, handling.release):
        with pytest.raises(NotFound):
            await act("nothing", "Ames")


async def test_an_erased_picture_is_told_with_what_was_done_about_the_alert() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    await bench.desk.handling.claim(alert.alert_id, "Birch")
    stream = bench.hub.subscribe(-1)
    await bench.desk.erase_due(instant(25 * 3_600_000))
    [erased] = stream.take()
    assert isinstance(erased, HubEvent)
    assert (erased.kind, erased.alert.state) == (EventKind.ERASED, AlertState.CLAIMED)


async def test_a_claim_is_handed_back_by_whoever_has_it_and_every_page_hears_of_it() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    claimed = await handling.claim(alert.alert_id, "Birch")
    stream = bench.hub.subscribe(-1)
    with pytest.raises(Conflict, match="only they can hand it back"):
        await handling.release(alert.alert_id, "Cole", seen=claimed.version)
    with pytest.raises(Stale):
        await handling.release(alert.alert_id, "Birch", seen=0)
    free = await handling.release(alert.alert_id, "Birch", seen=claimed.version)
    assert (free.state, free.claim, free.version) == (AlertState.ACKNOWLEDGED, None, 2)
    assert free.acknowledged == claimed.acknowledged
    [told] = stream.take()
    assert isinstance(told, HubEvent)
    assert (told.kind, told.alert) == (EventKind.RELEASED, free)
    # The answer got lost: asked again, nothing changes.
    assert await handling.release(alert.alert_id, "Birch", seen=claimed.version) == free
    assert stream.take() == []
    cole = await handling.claim(alert.alert_id, "Cole")
    assert cole.claim == Mark("Cole", instant(0))


async def test_what_an_operator_takes_for_false_is_not_erased_by_handing_it_back() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    await handling.claim(alert.alert_id, "Birch")
    await handling.adjudicate(alert.alert_id, judged(FALSE, OPERATOR))
    with pytest.raises(Conflict, match="would be erased"):
        await handling.release(alert.alert_id, "Birch")
    assert await bench.desk.probe(alert.alert_id) == CROP
    # Another officer may take over from them, and decide.
    taken = await handling.claim(alert.alert_id, "Cole", seen=2)
    assert taken.claim == Mark("Cole", instant(0))


async def test_after_an_officers_decision_nothing_is_handed_back() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    handling = bench.desk.handling
    await handling.claim(alert.alert_id, "Birch")
    await handling.adjudicate(alert.alert_id, judged(TRUE, OFFICER, "Birch"))
    with pytest.raises(Conflict, match="has adjudicated"):
        await handling.release(alert.alert_id, "Birch")


async def test_a_claim_that_the_log_did_not_let_go_stands() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    claimed = await bench.desk.handling.claim(alert.alert_id, "Birch")
    stream = bench.hub.subscribe(-1)
    bench.log.failing.add("mark_released")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.handling.release(alert.alert_id, "Birch")
    assert stream.take() == []
    assert (await bench.desk.find(alert.alert_id)).claim == claimed.claim
