import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.alert_desk import CROP, FIGURE, DeskBench, candidates_found, instant

from lethe.alert.alerts import AlertTerms
from lethe.alert.errors import DatabaseUnavailable, NoCandidates, NotFound
from lethe.alert.hub import EventKind, HubEvent, Subscription
from lethe.contracts.errors import Erased, Refused
from lethe.contracts.headings import Heading
from lethe.contracts.live import Candidate, CandidatesFound

HOUR_MS = 3_600_000


def _events(stream: Subscription) -> list[HubEvent]:
    return [event for event in stream.take() if isinstance(event, HubEvent)]


async def test_a_candidate_list_becomes_an_alert_about_its_best_candidate() -> None:
    bench = DeskBench()
    other = Candidate(subject_id="subject-2", reference_id="reference-2", score=0.7, cosine=0.5)
    bench.clock.ms = 350

    alert = await bench.desk.receive(candidates_found("search", at_ms=100, others=(other,)), CROP)

    assert alert is not None
    assert (alert.subject_id, alert.score, alert.sequence) == ("subject-1", 0.83, 1)
    assert alert.candidates == (other,)
    assert alert.latency_ms() == 250
    assert alert.raised().published == instant(350)


async def test_nobody_is_alerted_to_whoever_was_withdrawn_meanwhile() -> None:
    bench = DeskBench()
    other = Candidate(subject_id="subject-2", reference_id="reference-2", score=0.7, cosine=0.5)
    terms = AlertTerms(withdrawn=frozenset({"subject-1"}))
    assert await bench.desk.receive(candidates_found("search"), CROP, terms) is None
    assert bench.log.alerts == []
    alert = await bench.desk.receive(candidates_found("another", others=(other,)), CROP, terms)
    assert alert is not None
    assert (alert.subject_id, alert.candidates) == ("subject-2", ())


async def test_an_alert_reaches_the_stream_only_after_its_commit() -> None:
    bench = DeskBench()
    bench.log.failing.add("append")
    stream = bench.hub.subscribe(0)

    with pytest.raises(DatabaseUnavailable):
        await bench.desk.receive(candidates_found("search"), CROP)
    assert stream.take() == []

    assert await bench.desk.receive(candidates_found("search"), CROP) is not None
    assert len(stream.take()) == 1


async def test_an_empty_candidate_list_raises_no_alert() -> None:
    empty = candidates_found("search").model_copy(update={"candidates": []})
    with pytest.raises(NoCandidates):
        await DeskBench().desk.receive(empty, CROP)


async def test_within_the_cool_down_a_further_candidate_is_a_sighting_of_the_alert() -> None:
    bench = DeskBench(cool_down_s=10)
    stream = bench.hub.subscribe(0)
    first = await bench.desk.receive(candidates_found("a", at_ms=0), CROP)
    assert first is not None

    assert await bench.desk.receive(candidates_found("b", at_ms=9_999), CROP) is None

    _, sighting = _events(stream)
    assert sighting.kind is EventKind.SIGHTING
    assert sighting.alert.alert_id == first.alert_id
    assert sighting.alert.sightings == 2
    assert sighting.alert.last_sighting_wall_us == instant(9_999).wall_us


@pytest.mark.parametrize(
    "further",
    [
        candidates_found("b", at_ms=10_000),
        candidates_found("b", at_ms=1, camera_id="exit"),
        candidates_found("b", at_ms=1, subject_id="subject-2"),
    ],
    ids=["later", "elsewhere", "somebody else"],
)
async def test_outside_the_cool_down_another_alert_is_raised(further: CandidatesFound) -> None:
    bench = DeskBench(cool_down_s=10)
    await bench.desk.receive(candidates_found("a", at_ms=0), CROP)
    assert await bench.desk.receive(further, CROP) is not None


async def test_an_erased_alert_takes_no_further_sightings() -> None:
    bench = DeskBench(cool_down_s=10)
    await bench.desk.receive(candidates_found("a"), CROP, AlertTerms(retention_hours=1))
    await bench.desk.erase_due(instant(HOUR_MS))
    assert await bench.desk.receive(candidates_found("b", at_ms=1), CROP) is not None


async def test_the_picture_is_readable_until_its_retention_ends_and_never_after() -> None:
    bench = DeskBench()
    alert = await bench.desk.receive(candidates_found("a"), CROP, AlertTerms(retention_hours=2))
    assert alert is not None
    stream = bench.hub.subscribe(-1)

    assert await bench.desk.erase_due(instant(2 * HOUR_MS - 1)) == 0
    assert await bench.desk.probe(alert.alert_id) == CROP

    assert await bench.desk.erase_due(instant(2 * HOUR_MS)) == 1
    with pytest.raises(Erased):
        await bench.desk.probe(alert.alert_id)
    assert bench.keys.keys == {}
    assert bench.log.pictures == {}
    assert [(e.kind, e.alert.erased) for e in _events(stream)] == [(EventKind.ERASED, True)]


async def test_the_upper_body_ends_with_the_face_and_is_no_other_picture() -> None:
    bench = DeskBench()
    found = candidates_found("a", heading=Heading.LEFT)
    terms = AlertTerms(retention_hours=2)
    alert = await bench.desk.receive(found, CROP, terms, figure=FIGURE)
    assert alert is not None
    assert await bench.desk.figure(alert.alert_id) == FIGURE
    kept = bench.log.figures[alert.alert_id]
    bench.log.figures[alert.alert_id] = bench.log.pictures[alert.alert_id]
    with pytest.raises(Refused):
        await bench.desk.figure(alert.alert_id)
    bench.log.figures[alert.alert_id] = kept

    await bench.desk.erase_due(instant(2 * HOUR_MS))

    with pytest.raises(Erased):
        await bench.desk.figure(alert.alert_id)
    assert bench.log.figures == {}
    assert (await bench.desk.find(alert.alert_id)).heading is None


async def test_an_alert_without_a_figure_has_none_and_one_without_a_face_keeps_none() -> None:
    bench = DeskBench()
    plain = await bench.desk.receive(candidates_found("a"), CROP)
    faceless = await bench.desk.receive(candidates_found("b"), None, figure=FIGURE)
    assert plain is not None
    assert faceless is not None
    for alert in (plain, faceless):
        with pytest.raises(NotFound, match="no picture of the upper body"):
            await bench.desk.figure(alert.alert_id)
    assert bench.log.figures == {}


async def test_an_erasure_that_failed_halfway_is_completed_by_the_next() -> None:
    bench = DeskBench()
    await bench.desk.receive(candidates_found("a"), CROP, AlertTerms(retention_hours=1))
    bench.log.failing.add("mark_erased")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.erase_due(instant(HOUR_MS))
    assert bench.keys.keys == {}
    assert await bench.desk.erase_due(instant(HOUR_MS)) == 1


async def test_a_key_whose_alert_was_never_committed_is_erased() -> None:
    bench = DeskBench()
    bench.keys.create("watchlist-1")
    kept = await bench.desk.receive(candidates_found("a"), CROP)
    assert kept is not None
    bench.log.failing.add("append")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.receive(candidates_found("b"), CROP)
    assert len(bench.keys.keys) == 3

    await bench.restart()

    assert bench.keys.names() == [f"alert-{kept.alert_id}", "watchlist-1"]


async def test_an_alert_without_a_picture_is_raised_all_the_same() -> None:
    bench = DeskBench()
    alert = await bench.desk.receive(candidates_found("a"), None)
    assert alert is not None
    with pytest.raises(Erased):
        await bench.desk.probe(alert.alert_id)


async def test_an_unknown_alert_is_not_found() -> None:
    with pytest.raises(NotFound):
        await DeskBench().desk.probe("nothing")


async def test_what_a_crash_kept_from_publication_is_published_at_the_next_start() -> None:
    bench = DeskBench()
    bench.log.failing.add("mark_published")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.receive(candidates_found("a"), CROP)
    assert await bench.desk.after(0, 10) == []

    (alert,) = await bench.restart()

    assert alert.published == bench.clock()
    assert await bench.desk.after(0, 10) == [alert]
    assert [event.alert for event in _events(bench.hub.subscribe(0))] == [alert]
    assert await bench.desk.receive(candidates_found("a"), CROP) is None


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["deliver", "append", "mark_published"]), st.integers(0, 5)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=24,
)


async def _play(bench: DeskBench, steps: list[tuple[str, int]]) -> list[str]:
    raised: list[str] = []
    for step, number in [*steps, *(("deliver", n) for n in range(6))]:
        bench.log.failing = {step} - {"deliver", "restart"}
        if step == "restart":
            raised += [alert.alert_id for alert in await bench.restart()]
            continue
        try:
            found = candidates_found(f"search-{number}", at_ms=number)
            alert = await bench.desk.receive(found, CROP)
        except DatabaseUnavailable:
            continue
        if alert is not None:
            raised.append(alert.alert_id)
    return raised


@settings(max_examples=60, deadline=None)
@given(steps=_STEPS)
def test_however_often_and_whenever_a_search_is_delivered_it_raises_one_alert(
    steps: list[tuple[str, int]],
) -> None:
    bench = DeskBench()
    raised = asyncio.run(_play(bench, steps))

    assert sorted(bench.log.searches) == [f"search-{n}" for n in range(6)]
    assert sorted(raised) == sorted(alert.alert_id for alert in bench.log.alerts)
    assert len(bench.log.alerts) == 6
    events = _events(bench.hub.subscribe(0))
    assert [event.alert.sequence for event in events] == [1, 2, 3, 4, 5, 6]


@settings(max_examples=60, deadline=None)
@given(steps=_STEPS)
def test_with_a_cool_down_each_search_is_counted_once_as_a_sighting(
    steps: list[tuple[str, int]],
) -> None:
    bench = DeskBench(cool_down_s=60)
    raised = asyncio.run(_play(bench, steps))

    assert len(raised) == 1
    assert [alert.sightings for alert in bench.log.alerts] == [6]
