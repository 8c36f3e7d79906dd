"""What people decided about alerts, in every alert log."""

from dataclasses import replace

from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft

from lethe.alert.alert_log import AlertLog
from lethe.alert.alert_tally import AlertTally
from lethe.alert.judgements import Adjudication, Judgements, Mark
from lethe.alert.vault import SealedBlob
from lethe.contracts.adjudication import Capacity, Outcome, Verdict

OFFICER, OPERATOR = Capacity.ENGAGEMENT_OFFICER, Capacity.OPERATOR
PICTURE = SealedBlob(b"nonce", b"ciphertext")


def adjudication(
    verdict: Verdict = Verdict.FALSE_ALERT, officer: str = "Ames", capacity: Capacity = OFFICER
) -> Adjudication:
    return Adjudication(verdict, True, Outcome.NO_ACTION, officer, instant(5_000), capacity)


async def test_each_capacity_has_its_latest_adjudication(log: AlertLog) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    await log.adjudicate(alert, adjudication(capacity=OPERATOR))
    await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Birch"))
    both = await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Cole", OPERATOR))
    assert both.version == 3
    assert both.judgements == Judgements(
        replace(adjudication(Verdict.TRUE_ALERT, "Cole", OPERATOR), number=3),
        replace(adjudication(Verdict.TRUE_ALERT, "Birch"), number=2),
    )
    assert await log.find("a") == both


async def test_false_by_an_operator_is_due_only_while_nobody_went_and_no_officer_differs(
    log: AlertLog,
) -> None:
    for name in "abcd":
        alert = await log.append(draft(name), f"search-{name}", PICTURE)
        if name == "b":
            await log.mark_handled(replace(alert, claim=Mark("Birch", instant(2)), version=1))
        if name != "d":
            await log.adjudicate(alert, adjudication(capacity=OPERATOR))
        if name == "c":
            await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, "Birch"))
    due = await log.due(0, 9)
    assert [alert.alert_id for alert in due] == ["a"]
    assert [each.alert_id for each in await log.after(0, 9) if each.is_false] == ["a"]


async def test_open_is_what_nobody_decided_whose_decision_counts(log: AlertLog) -> None:
    for name in "abcdefg":
        alert = await log.append(draft(name), f"search-{name}", PICTURE)
        if name in "bc":
            await log.mark_handled(replace(alert, claim=Mark("Birch", instant(2)), version=1))
        if name in "cd":
            await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT, capacity=OPERATOR))
        if name == "e":
            await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT))
        if name == "f":
            await log.mark_erased([alert], 1)
    found = await log.newest(9, open_only=True)
    assert [alert.alert_id for alert in found] == ["a", "b", "c", "g"]
    assert [each.alert_id for each in await log.newest(9) if each.is_open] == ["a", "b", "c", "g"]
    before = await log.newest(2, before=7, open_only=True)
    assert [alert.alert_id for alert in before] == ["b", "c"]
    nowhere = frozenset({"another"})
    assert await log.newest(9, deployments=nowhere, open_only=True) == []


async def test_the_latest_adjudication_of_an_alert_is_told_with_it_everywhere(
    log: AlertLog,
) -> None:
    first = await log.append(draft("a"), "search-a", None)
    await log.append(draft("b"), "search-b", None)
    await log.adjudicate(first, adjudication(Verdict.TRUE_ALERT))
    await log.adjudicate(first, replace(adjudication(officer="Birch"), outcome=None))
    expected = replace(
        first,
        judgements=Judgements(None, replace(adjudication(officer="Birch"), outcome=None, number=2)),
        version=2,
    )
    assert await log.find("a") == expected
    assert await log.of_search("search-a") == expected
    assert [a.adjudication for a in await log.after(0, 9)] == [expected.adjudication, None]
    assert [a.adjudication for a in await log.newest(9)] == [expected.adjudication, None]
    attached = await log.attach(expected, "search-c", 900)
    assert attached == replace(expected, sightings=2, last_sighting_wall_us=900)


async def test_a_false_alert_is_due_at_once_and_a_true_one_when_its_retention_ends(
    log: AlertLog,
) -> None:
    for name, verdict in (("a", Verdict.FALSE_ALERT), ("b", Verdict.TRUE_ALERT)):
        alert = await log.append(draft(name), f"search-{name}", PICTURE)
        await log.adjudicate(alert, adjudication(verdict))
    assert [alert.alert_id for alert in await log.due(0, 9)] == ["a"]
    # What counts is the latest.
    true_before = await log.find("b")
    assert true_before is not None
    await log.adjudicate(true_before, adjudication(Verdict.FALSE_ALERT, "Birch"))
    due = await log.due(0, 9)
    assert [alert.alert_id for alert in due] == ["a", "b"]
    await log.mark_erased(due, 1)
    assert await log.due(0, 9) == []


async def test_adjudications_are_announced_each_as_it_was_and_once_told_no_more(
    log: AlertLog,
) -> None:
    alert = await log.append(draft("a"), "search-a", None)
    first = await log.adjudicate(alert, adjudication(Verdict.TRUE_ALERT))
    second = await log.adjudicate(first, adjudication(Verdict.FALSE_ALERT))
    assert first.adjudication is not None
    assert second.adjudication is not None
    expected = [(second, first.adjudication), (second, second.adjudication)]
    assert await log.unannounced(9) == expected
    assert await log.unannounced(1) == expected[:1]
    await log.mark_announced(second, first.adjudication)
    assert await log.unannounced(9) == expected[1:]


async def test_alerts_are_counted_by_what_became_of_them(log: AlertLog) -> None:
    assert await log.tallies() == {}
    fates = {
        "open": [],
        "erased": [],
        "true": [adjudication(Verdict.TRUE_ALERT)],
        "false": [adjudication(Verdict.TRUE_ALERT), adjudication(Verdict.FALSE_ALERT)],
        "elsewhere": [],
        "claimed": [replace(adjudication(Verdict.FALSE_ALERT), capacity=Capacity.OPERATOR)],
    }
    for name, made in fates.items():
        deployment_id = "other" if name == "elsewhere" else "deployment-1"
        drafted = replace(draft(name), deployment_id=deployment_id)
        alert = await log.append(drafted, f"search-{name}", None)
        if name == "claimed":
            await log.mark_handled(replace(alert, claim=Mark("Ames", instant(1))))
        for each in made:
            alert = await log.adjudicate(alert, each)
        if name in ("erased", "true", "false"):
            await log.mark_erased([alert], 1)
    assert await log.tallies() == {
        "deployment-1": AlertTally(open=2, true=1, false=1, unresolved=1),
        "other": AlertTally(open=1),
    }


async def test_false_alerts_are_counted_by_deployment_while_they_count_as_false(
    log: AlertLog,
) -> None:
    assert await log.false_alerts() == {}
    for name in ("a", "b", "c"):
        deployment_id = "other" if name == "c" else "deployment-1"
        drafted = replace(draft(name), deployment_id=deployment_id)
        alert = await log.append(drafted, f"search-{name}", None)
        await log.adjudicate(alert, adjudication(Verdict.FALSE_ALERT))
    assert await log.false_alerts() == {"deployment-1": 2, "other": 1}
    found = await log.find("a")
    assert found is not None
    await log.adjudicate(found, adjudication(Verdict.TRUE_ALERT))
    await log.mark_erased([found], 1)
    assert await log.false_alerts() == {"deployment-1": 1, "other": 1}
