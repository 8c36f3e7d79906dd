"""Keys end by themselves; the log and the officers' pages follow them."""

import asyncio

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.erasing import key_name
from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.hub import EventKind, HubEvent, Subscription
from lethe.contracts.errors import Erased
from lethe.contracts.instants import Instant

HOUR_MS = 3_600_000
ONE_HOUR = AlertTerms(retention_hours=1)


def events(subscription: Subscription) -> list[HubEvent]:
    return [event for event in subscription.take() if isinstance(event, HubEvent)]


async def raised(bench: DeskBench, search_id: str, terms: AlertTerms | None = None) -> Alert:
    found = candidates_found(search_id, at_ms=bench.clock.ms)
    alert = await bench.desk.receive(found, CROP, terms)
    assert alert is not None
    return alert


async def test_an_alert_cannot_be_opened_when_its_time_is_over_though_nobody_has_swept() -> None:
    bench = DeskBench()
    alert = await raised(bench, "a", ONE_HOUR)
    bench.clock.ms = HOUR_MS - 1
    assert await bench.desk.probe(alert.alert_id) == CROP
    bench.clock.ms = HOUR_MS
    with pytest.raises(Erased):
        await bench.desk.probe(alert.alert_id)


async def test_a_life_counts_from_the_capture_and_not_from_the_raising() -> None:
    bench = DeskBench()
    found = candidates_found("a", at_ms=0)
    bench.clock.ms = HOUR_MS / 2
    assert await bench.desk.receive(found, CROP, ONE_HOUR) is not None
    bench.clock.ms = HOUR_MS - 1
    assert bench.keyring.destroy_due() == 0
    bench.clock.ms = HOUR_MS
    assert bench.keyring.destroy_due() == 1


async def test_a_list_that_comes_after_its_retention_is_raised_without_its_picture() -> None:
    bench = DeskBench()
    bench.clock.ms = HOUR_MS
    alert = await bench.desk.receive(candidates_found("a", at_ms=0), CROP, ONE_HOUR)
    assert alert is not None
    assert bench.keys.names() == []
    assert bench.log.pictures == {}


@pytest.mark.parametrize("boot", ["boot", "another"])
async def test_a_capture_that_seems_to_be_still_to_come_lengthens_no_life(boot: str) -> None:
    bench = DeskBench()
    ahead = instant(10 * HOUR_MS)
    captured = Instant(boot_id=boot, boot_us=ahead.boot_us, wall_us=ahead.wall_us)
    found = candidates_found("a", captured=captured)
    assert await bench.desk.receive(found, CROP, ONE_HOUR) is not None
    bench.clock.ms = HOUR_MS
    assert bench.keyring.destroy_due() == 1


async def test_while_the_database_is_away_keys_end_and_pages_are_told() -> None:
    bench = DeskBench()
    alert = await raised(bench, "a", ONE_HOUR)
    kept = await raised(bench, "b")
    stream = bench.hub.subscribe(-1)
    bench.clock.ms = HOUR_MS
    assert bench.keyring.destroy_due() == 1
    for _ in range(2):
        bench.log.failing.add("due")
        with pytest.raises(DatabaseUnavailable):
            await bench.desk.erase_due(bench.clock())
    told = events(stream)
    assert [(e.kind, e.alert.alert_id, e.alert.erased) for e in told] == [
        (EventKind.ERASED, alert.alert_id, True)
    ]
    assert await bench.desk.erase_due(bench.clock()) == 1
    assert events(stream) == [], "it was told already"
    assert bench.log.alerts[0].erased
    assert alert.alert_id not in bench.log.pictures
    assert await bench.desk.probe(kept.alert_id) == CROP


async def test_a_key_that_is_lost_while_the_database_is_away_is_told_once() -> None:
    bench = DeskBench()
    alert = await raised(bench, "a")
    await bench.desk.erase_due(bench.clock())
    stream = bench.hub.subscribe(-1)
    bench.keys.erase(key_name(alert.alert_id))
    bench.log.failing.add("due")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.erase_due(bench.clock())
    assert [(e.kind, e.alert.erased) for e in events(stream)] == [(EventKind.ERASED, True)]
    assert await bench.desk.erase_due(bench.clock()) == 1
    assert events(stream) == [], "it was told already"


async def test_a_key_store_that_hangs_keeps_no_name_on_a_screen() -> None:
    bench = DeskBench()
    first = await raised(bench, "a", ONE_HOUR)
    bench.clock.ms = 1
    second = await raised(bench, "b", ONE_HOUR)
    stream = bench.hub.subscribe(-1)
    with bench.keys.hanging():
        bench.clock.ms = HOUR_MS
        before = bench.hub.end
        sweep = asyncio.create_task(bench.desk.erase_due(bench.clock()))
        await bench.hub.wait_beyond(before)
        assert [e.alert.alert_id for e in events(stream)] == [first.alert_id]
        bench.clock.ms += 1
        bench.desk.blank_due(bench.clock())
        assert [e.alert.alert_id for e in events(stream)] == [second.alert_id]
        assert not sweep.done()
    assert await sweep == 1
    assert await bench.desk.erase_due(bench.clock()) == 1
    assert events(stream) == [], "both were told already"


async def test_what_happened_before_the_stream_begins_is_told_when_it_is_erased() -> None:
    bench = DeskBench(kept=1)
    old, _ = await raised(bench, "a", ONE_HOUR), await raised(bench, "b")
    await bench.restart()
    stream = bench.hub.subscribe(-1)
    await bench.desk.erase_due(instant(HOUR_MS))
    assert [e.alert.alert_id for e in events(stream)] == [old.alert_id]


async def test_one_that_is_seen_again_behind_many_newer_ones_is_blanked_in_time() -> None:
    bench = DeskBench(cool_down_s=3600, kept=2)
    stream = bench.hub.subscribe(-1)
    first = await raised(bench, "first", ONE_HOUR)
    for number in range(3):
        found = candidates_found(f"other-{number}", subject_id=f"other-{number}")
        assert await bench.desk.receive(found, CROP, ONE_HOUR) is not None
    assert await bench.desk.receive(candidates_found("again"), CROP, ONE_HOUR) is None
    assert events(stream)[-1].alert.alert_id == first.alert_id
    # Also while the log is away.
    bench.log.failing.add("due")
    bench.clock.ms = HOUR_MS
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.erase_due(bench.clock())
    assert first.alert_id in [e.alert.alert_id for e in events(stream)]


async def test_of_more_alerts_than_are_kept_the_earlier_are_told_when_the_log_says_so() -> None:
    bench = DeskBench(kept=3)
    alerts = [await raised(bench, name, ONE_HOUR) for name in "abcde"]
    stream = bench.hub.subscribe(-1)
    bench.clock.ms = HOUR_MS
    bench.log.failing.add("due")
    with pytest.raises(DatabaseUnavailable):
        await bench.desk.erase_due(bench.clock())
    assert [e.alert.alert_id for e in events(stream)] == [a.alert_id for a in alerts[2:]]
    assert await bench.desk.erase_due(bench.clock()) == 5
    assert {e.alert.alert_id for e in events(stream)} == {a.alert_id for a in alerts[:2]}


async def test_what_pages_are_told_of_an_erased_alert_counts_its_sightings() -> None:
    bench = DeskBench(cool_down_s=60)
    await raised(bench, "a", ONE_HOUR)
    assert await bench.desk.receive(candidates_found("b"), CROP, ONE_HOUR) is None
    bench.clock.ms = HOUR_MS
    bench.keyring.destroy_due()
    stream = bench.hub.subscribe(-1)
    await bench.desk.erase_due(instant(0))
    assert [e.alert.sightings for e in events(stream)] == [2]


async def test_after_a_restart_an_alert_whose_key_is_gone_is_an_erased_one() -> None:
    bench = DeskBench()
    gone, kept = await raised(bench, "a"), await raised(bench, "b")
    bench.keyring.destroy(f"alert-{gone.alert_id}")
    await bench.restart()
    assert [alert.erased for alert in bench.log.alerts] == [True, False]
    assert [e.kind for e in events(bench.hub.subscribe(0))][-1] is EventKind.ERASED
    assert await bench.desk.probe(kept.alert_id) == CROP


async def test_an_alert_without_a_picture_is_not_erased_for_want_of_a_key() -> None:
    bench = DeskBench()
    await bench.desk.receive(candidates_found("a"), None, ONE_HOUR)
    assert await bench.desk.erase_due(instant(0)) == 0
    await bench.restart()
    assert not bench.log.alerts[0].erased
    stream = bench.hub.subscribe(-1)
    assert await bench.desk.erase_due(instant(HOUR_MS)) == 1
    assert [e.kind for e in events(stream)] == [EventKind.ERASED], "the reference is shown too"
