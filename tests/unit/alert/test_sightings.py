"""Where the order has them kept, sightings of an alert are kept as long as it is, and no longer."""

from collections.abc import Awaitable, Callable

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant
from tests.support.alert_web import AlertWeb

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.erasing import key_name
from lethe.alert.judgements import Adjudication
from lethe.alert.sightings import MOST_KEPT, with_another
from lethe.contracts.adjudication import Capacity, Verdict

HOUR_MS = 3_600_000
KEPT = AlertTerms(retention_hours=1, keeps_sightings=True)
FALSE = Adjudication(
    Verdict.FALSE_ALERT, True, None, "Ames", instant(9_000), Capacity.ENGAGEMENT_OFFICER
)


async def seen_at(bench: DeskBench, terms: AlertTerms, *times_ms: float) -> Alert:
    """Return the alert about somebody who was seen at these times."""
    for ms in times_ms:
        await bench.desk.receive(candidates_found(f"at-{ms}", at_ms=ms), CROP, terms)
    [alert] = bench.log.alerts
    return alert


def walls(*times_ms: float) -> tuple[int, ...]:
    return tuple(instant(ms).wall_us for ms in times_ms)


def test_they_are_kept_in_the_order_in_which_they_were_seen_the_latest_hundred() -> None:
    kept: tuple[int, ...] = ()
    for time_us in (30, 10, 20):
        kept = with_another(kept, time_us)
    assert kept == (10, 20, 30)
    for time_us in range(100, 100 + MOST_KEPT):
        kept = with_another(kept, time_us)
    assert kept == tuple(range(100, 100 + MOST_KEPT))
    assert with_another(kept, 5) == kept, "one from before them comes too late"


async def test_without_a_word_in_the_order_only_the_latest_is_kept() -> None:
    alert = await seen_at(DeskBench(cool_down_s=60), AlertTerms(), 0, 100, 200)
    assert (alert.sightings, alert.last_sighting_wall_us) == (3, instant(200).wall_us)
    assert alert.kept_sightings is None


async def test_with_it_each_is_kept_also_one_that_comes_late() -> None:
    alert = await seen_at(DeskBench(cool_down_s=60), KEPT, 0, 200, 100)
    assert alert.kept_sightings == walls(0, 100, 200)


async def _called_false(bench: DeskBench, alert: Alert) -> None:
    await bench.desk.handling.adjudicate(alert.alert_id, FALSE)


async def _over(bench: DeskBench, _: Alert) -> None:
    await bench.desk.erase_due(instant(HOUR_MS))


async def _key_lost(bench: DeskBench, alert: Alert) -> None:
    bench.keyring.destroy(key_name(alert.alert_id))
    await bench.desk.erase_due(instant(300))


async def _key_lost_while_nobody_led(bench: DeskBench, alert: Alert) -> None:
    bench.keyring.destroy(key_name(alert.alert_id))
    await bench.restart()


@pytest.mark.parametrize("ends", [_called_false, _over, _key_lost, _key_lost_while_nobody_led])
async def test_however_an_alert_ends_they_end_with_it(
    ends: Callable[[DeskBench, Alert], Awaitable[None]],
) -> None:
    bench = DeskBench(cool_down_s=60)
    alert = await seen_at(bench, KEPT, 0, 100)
    assert alert.kept_sightings == walls(0, 100)
    await ends(bench, alert)
    [ended] = bench.log.alerts
    assert (ended.erased, ended.kept_sightings) == (True, None)
    told = [each for each in bench.hub.subscribe(0).take() if hasattr(each, "alert")]
    assert told
    assert all(each.alert.kept_sightings is None for each in told), "nor does the stream keep them"
    assert (await bench.desk.find(alert.alert_id)).kept_sightings is None


async def test_whose_time_is_over_has_none_though_nobody_has_swept() -> None:
    bench = DeskBench(cool_down_s=60)
    alert = await seen_at(bench, KEPT, 0, 100)
    bench.clock.ms = HOUR_MS
    assert (await bench.desk.find(alert.alert_id)).kept_sightings is None


async def test_programs_are_told_when_and_where_until_the_alert_is_over(
    web: AlertWeb,
) -> None:
    await web.restart(cool_down_s=60)
    found = candidates_found("a", at_ms=0)
    alert = await web.desk.receive(found, CROP, KEPT)
    assert alert is not None
    assert await web.desk.receive(candidates_found("b", at_ms=100), CROP, KEPT) is None
    address = f"/api/v1/alerts/{alert.alert_id}"
    async with web.client() as client:
        assert (await client.get(address)).json()["kept_sightings"] == [
            {"at": instant(ms).isoformat(), "camera_id": "entrance"} for ms in (0, 100)
        ]
        await web.desk.handling.adjudicate(alert.alert_id, FALSE)
        assert (await client.get(address)).json()["kept_sightings"] is None
