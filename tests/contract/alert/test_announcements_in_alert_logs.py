"""Which alerts systems outside are still to be told of, in every alert log."""

from dataclasses import replace

from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft

from lethe.alert.alert_log import AlertLog
from lethe.alert.alerts import Alert


async def published(log: AlertLog, name: str) -> Alert:
    alert = replace(await log.append(draft(name), f"search-{name}", None), published=instant(9))
    await log.mark_published(alert)
    return alert


async def test_an_alert_is_to_be_announced_from_its_publication_until_that_ended(
    log: AlertLog,
) -> None:
    waiting = [await published(log, name) for name in ("a", "b", "c")]
    await log.append(draft("unpublished"), "search", None)
    assert await log.unannounced_alerts(9) == waiting
    assert await log.unannounced_alerts(2) == waiting[:2]
    await log.end_announcing(["a", "c"])
    assert await log.unannounced_alerts(9) == waiting[1:2]
    assert await log.still_to_announce("b") == waiting[1]
    assert [await log.still_to_announce(name) for name in ("a", "unpublished", "none")] == [
        None
    ] * 3
    await log.end_announcing(["a", "b"])
    assert await log.unannounced_alerts(9) == []


async def test_what_else_happens_to_an_alert_leaves_it_where_it_waits(log: AlertLog) -> None:
    alert = await published(log, "a")
    seen = await log.attach(alert, "another", 10)
    await log.mark_handled(replace(seen, version=1))
    await log.mark_erased([alert], 20)
    [waiting] = await log.unannounced_alerts(9)
    assert waiting.erased
    await log.end_announcing(["a"])
    await log.attach(waiting, "one more", 30)
    assert await log.unannounced_alerts(9) == []
