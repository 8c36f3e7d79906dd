"""Alerts about volunteers in both databases: counted apart, found, and ended."""

from dataclasses import replace

from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft
from tests.support.databases import a_term

from lethe.alert.alert_log import AlertLog
from lethe.alert.alert_tally import AlertTally
from lethe.alert.database import Database
from lethe.alert.judgements import Adjudication
from lethe.alert.log import SqlAlertLog
from lethe.alert.walks.rehearsals import SqlRehearsals
from lethe.contracts.adjudication import Capacity, Verdict

FALSE = Adjudication(Verdict.FALSE_ALERT, True, None, "B", instant(1), Capacity.ENGAGEMENT_OFFICER)
LATER_US = instant(0).wall_us + 9_000_000


async def test_they_are_counted_apart_whatever_is_decided_about_them(log: AlertLog) -> None:
    for name, subject in (("a", "volunteer-1"), ("b", "volunteer-2"), ("c", "subject-1")):
        await log.append(draft(name, subject), f"search-{name}", None)
    for name in "bc":
        known = await log.find(name)
        assert known is not None
        await log.adjudicate(known, FALSE)
    assert await log.tallies() == {"deployment-1": AlertTally(false=1, rehearsals=2)}
    assert await log.false_alerts() == {"deployment-1": 1}


async def test_those_of_a_deployment_are_found_since_a_time_and_ended_once(
    database: Database,
) -> None:
    term = await a_term(database)
    log, rehearsals = SqlAlertLog(term), SqlRehearsals(term)
    before = replace(draft("before", "volunteer-1"), captured=instant(-1))
    for alert in (
        before,
        draft("a", "volunteer-1", erase_at_wall_us=LATER_US),
        draft("b", "subject-1", erase_at_wall_us=LATER_US),
        replace(draft("c", "volunteer-1", erase_at_wall_us=LATER_US), deployment_id="other"),
        draft("d", "volunteer_1", erase_at_wall_us=LATER_US),
    ):
        await log.append(alert, f"search-{alert.alert_id}", None)
    since_us = instant(0).wall_us
    [found] = await rehearsals.since("deployment-1", since_us)
    assert (found.alert.alert_id, found.is_receipted) == ("a", False)
    await rehearsals.end("deployment-1", since_us)
    assert [each.alert_id for each in await log.due(since_us, 9)] == ["before", "a"]
    await log.mark_erased([found.alert], since_us)
    await log.mark_receipted({"a"})
    size = term.audit_head.size
    # There is nothing to end any more, and so nothing to tell.
    await rehearsals.end("deployment-1", since_us)
    assert term.audit_head.size == size
    [found] = await rehearsals.since("deployment-1", since_us)
    assert (found.alert.erased_wall_us, found.is_receipted) == (since_us, True)
