"""Instances of a running `lethe` broken, and what that left behind."""

import signal
import time
from collections.abc import Mapping
from typing import Any

from tests.support.readers import alerts_of, reading_topics, searches_of, unannounced_of
from tools.open_page import OpenPage
from tools.running import POLL_S, RunningLethe, wait_until

from lethe.contracts.live import AlertRaised, CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import ALERT_RAISED, CANDIDATES_FOUND

_MORE_ALERTS = 3


def break_instance(lethe: RunningLethe, instance_id: str, number: signal.Signals) -> None:
    """Send a signal to an instance; wait until another stands in its place, and for alerts."""
    break_at_once(lethe, {instance_id: number})
    await_alerts(lethe)


def break_at_once(lethe: RunningLethe, endings: Mapping[str, signal.Signals]) -> None:
    """Send signals to instances by id; wait until others stand in their places."""
    broken = {instance_id: lethe.children()[instance_id] for instance_id in endings}
    for instance_id, process in broken.items():
        process.send_signal(endings[instance_id])
    # A stopped process can't be told anything: only its own kernel timer ends it.
    wait_until(lambda: all(_replaced(lethe, name, each.pid) for name, each in broken.items()))


def await_alerts(lethe: RunningLethe, alert_url: str | None = None) -> None:
    """Wait until a few more alerts have come: to the page, or to the alert at an address."""
    url = alert_url or lethe.alert_url
    while not (before := lethe.last_sequence(url)):
        time.sleep(POLL_S)
    # On a full machine most candidates come too late, and none while nobody listed walks past.
    wait_until(lambda: lethe.last_sequence(url) >= before + _MORE_ALERTS, within_s=240.0)


def end_with_searches(lethe: RunningLethe) -> dict[str, Any]:
    """End a run and return its report, with what is known of searches and alerts.

    `before_the_end` is the sequence of the last alert by then; `published` the ids of all candidate
    lists that match published, `searches` for each of those that alert committed the sequence of
    its alert, `committed` sequence and id of the alerts in the database, `told` sequence and id of
    each alert that systems outside were told of, as often as they were, and `untold` the sequences
    of those that whoever leads next would tell them of.
    """
    before_the_end = lethe.last_sequence()
    with reading_topics(lethe.broker(), [CANDIDATES_FOUND, ALERT_RAISED]) as bodies:
        report = lethe.finish(interrupt=True)
    database = lethe.data / "alert" / "database" / "alerts.sqlite"
    return report | {
        "before_the_end": before_the_end,
        "searches": searches_of(database),
        "published": {_search(body) for body in bodies[CANDIDATES_FOUND.name]},
        "committed": alerts_of(database),
        "told": [_alert(body) for body in bodies[ALERT_RAISED.name]],
        "untold": unannounced_of(database),
    }


def check_no_alert_was_lost_or_shown_twice(report: dict[str, Any]) -> None:
    """Check that each candidate list led to one alert, by its id: none more, none less."""
    shown = [alert["alert_id"] for alert in report["alerts"]]
    assert len(set(shown)) == len(shown) == len(report["searches"])
    assert set(report["searches"]) == report["published"]
    assert len(set(report["searches"].values())) == len(report["searches"]) > 0
    _check_everybody_outside_was_told(report)


def _check_everybody_outside_was_told(report: dict[str, Any]) -> None:
    """Check that each alert is on the topic, but for those that ended with the run, in order."""
    firsts = list(dict.fromkeys(report["told"]))
    assert firsts == sorted(firsts), "told of first in the order of the log"
    # What is published while everything ends may be left to whoever leads next.
    waiting = set(report["untold"])
    expected = {alert for alert in report["committed"] if alert[0] not in waiting}
    assert expected <= set(firsts) <= set(report["committed"])
    assert len(waiting) < len(expected)


def check_an_open_page_missed_and_repeated_nothing(page: OpenPage, report: dict[str, Any]) -> None:
    """Check that a page got what the database holds, each alert once and in order."""
    shown = [(alert.sequence, alert.alert_id) for alert in page.shown]
    # What is committed while everything ends may find the page gone.
    assert shown == report["committed"][: len(shown)]
    assert shown[-1][0] >= report["before_the_end"]
    assert (page.repeated, page.gaps) == ([], [])
    assert len(page.logs) == 1


def _replaced(lethe: RunningLethe, instance_id: str, pid: int) -> bool:
    child = lethe.children().get(instance_id)
    return child is not None and child.pid != pid


def _alert(body: bytes) -> tuple[int, str]:
    raised = AlertRaised.decode(body)
    return raised.sequence, raised.alert_id


def _search(body: bytes) -> str:
    return CandidatesFound.decode(SignedEnvelope.decode(body).payload).search_id
