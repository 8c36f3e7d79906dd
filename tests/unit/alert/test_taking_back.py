"""What nobody was shown before its subject was withdrawn is shown to nobody afterwards."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.judgements import Mark
from lethe.contracts.live import Candidate

WITHDRAWN = AlertTerms(withdrawn=frozenset({"subject-1"}))
OTHER = Candidate(subject_id="subject-2", reference_id="reference-2", score=0.7, cosine=0.5)


async def _crash_before_publication(bench: DeskBench, *others: Candidate) -> Alert:
    """Commit an alert about subject-1, and lose what the process knew."""
    bench.log.failing.add("mark_published")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.receive(candidates_found("search", others=others), CROP)
    (alert,) = bench.log.alerts
    return alert


async def test_an_alert_left_by_a_crash_is_taken_back_if_its_subject_is_withdrawn() -> None:
    bench = DeskBench()
    await _crash_before_publication(bench)
    assert bench.keys.names()
    assert await bench.restart(WITHDRAWN) == []
    assert bench.log.alerts == []
    assert bench.log.pictures == {}
    assert bench.keys.names() == []
    assert bench.hub.subscribe(0).take() == []
    assert await bench.desk.receive(candidates_found("search"), CROP, WITHDRAWN) is None
    assert bench.log.alerts == []


async def test_whoever_else_was_found_is_alerted_to_when_the_list_comes_again() -> None:
    bench = DeskBench()
    await _crash_before_publication(bench, OTHER)
    await bench.restart(WITHDRAWN)
    found = candidates_found("search", others=(OTHER,))
    alert = await bench.desk.receive(found, CROP, WITHDRAWN)
    assert alert is not None
    assert (alert.subject_id, alert.candidates) == ("subject-2", ())
    assert await bench.desk.after(0, 10) == [alert]


async def test_alerts_about_others_are_published_as_ever() -> None:
    bench = DeskBench()
    await _crash_before_publication(bench)
    others = AlertTerms(withdrawn=frozenset({"subject-2"}))
    assert [alert.subject_id for alert in await bench.restart(others)] == ["subject-1"]


async def test_what_was_published_stays_whoever_is_withdrawn() -> None:
    bench = DeskBench()
    alert = await bench.desk.receive(candidates_found("search"), CROP)
    assert await bench.restart(WITHDRAWN) == []
    assert bench.log.alerts == [alert]


async def test_what_somebody_has_seen_is_published_whatever_the_log_says() -> None:
    bench = DeskBench()
    alert = await _crash_before_publication(bench)
    seen = replace(alert, acknowledged=Mark("Ames", instant(1)), version=1)
    await bench.log.mark_handled(seen)
    assert [each.alert_id for each in await bench.restart(WITHDRAWN)] == [alert.alert_id]


async def test_what_this_process_has_shown_is_published_when_its_list_comes_again() -> None:
    bench = DeskBench()
    alert = await _crash_before_publication(bench)
    again = await bench.desk.receive(candidates_found("search"), CROP, WITHDRAWN)
    assert again is not None
    assert again.alert_id == alert.alert_id


async def test_a_commit_whose_answer_was_lost_is_taken_back_when_its_list_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = DeskBench()
    append = bench.log.append

    async def answer_lost(*args: object, **kwargs: object) -> Alert:
        await append(*args, **kwargs)  # type: ignore[arg-type]
        raise DatabaseUnavailable("the answer was lost")

    monkeypatch.setattr(bench.log, "append", answer_lost)
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.receive(candidates_found("search"), CROP)
    monkeypatch.undo()
    assert await bench.desk.receive(candidates_found("search"), CROP, WITHDRAWN) is None
    assert bench.log.alerts == []
    assert bench.keys.names() == []


async def test_what_a_fault_kept_from_being_taken_back_is_taken_back_by_the_next_start() -> None:
    bench = DeskBench()
    await _crash_before_publication(bench)
    bench.log.failing.add("take_back")
    with pytest.raises(DatabaseUnavailable):
        await bench.restart(WITHDRAWN)
    assert await bench.restart(WITHDRAWN) == []
    assert bench.log.alerts == []


_FAULTS = st.lists(st.sampled_from(["none", "append", "mark_published"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(faults=_FAULTS)
def test_whatever_fails_no_restart_shows_anybody_who_is_withdrawn(faults: list[str]) -> None:
    asyncio.run(_withdraw_after(faults))


async def _withdraw_after(faults: list[str]) -> None:
    bench = DeskBench()
    published = set()
    for number, fault in enumerate(faults):
        bench.log.failing = {fault} - {"none"}
        try:
            alert = await bench.desk.receive(candidates_found(f"s-{number}", at_ms=number), CROP)
        except DatabaseUnavailable:
            continue
        if alert is not None:
            published.add(alert.alert_id)
    assert await bench.restart(WITHDRAWN) == []
    assert {alert.alert_id for alert in await bench.desk.after(0, 100)} == published
    assert len(bench.keys.names()) == len(published)
