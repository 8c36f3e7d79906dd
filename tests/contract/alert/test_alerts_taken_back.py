"""Alerts that are taken back leave every kind of alert log, and stand in the audit log."""

from dataclasses import replace

from tests.support.alert_desk import instant
from tests.support.alert_drafts import draft
from tests.support.databases import a_term

from lethe.alert.alert_log import AlertLog
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.database import Database
from lethe.alert.log import SqlAlertLog
from lethe.alert.vault import SealedBlob

PICTURE = SealedBlob(b"nonce", b"ciphertext")


async def test_nothing_is_left_of_it_and_the_others_stay(log: AlertLog) -> None:
    first = await log.append(draft("a"), "search-a", PICTURE)
    back = await log.append(draft("b"), "search-b", PICTURE, figure=PICTURE)
    await log.attach(back, "search-c", 900)
    await log.take_back(back)
    assert [await log.of_search(f"search-{name}") for name in "abc"] == [first, None, None]
    assert await log.find("b") is None
    assert await log.after(0, 10) == await log.newest(10) == [first]
    assert await log.pictured_ids() == await log.unerased_ids() == {"a"}
    assert await log.figure("b") is None
    assert await log.count() == 1


async def test_its_place_is_nobody_elses_and_its_search_may_lead_to_another(log: AlertLog) -> None:
    back = await log.append(draft("a"), "search", PICTURE)
    await log.take_back(back)
    again = await log.append(draft("b"), "search", PICTURE)
    assert again.sequence > back.sequence
    published = replace(again, published=instant(9))
    await log.mark_published(published)
    assert await log.after(back.sequence, 10) == [published]


async def test_it_is_audited(database: Database) -> None:
    term = await a_term(database)
    log, audit = SqlAlertLog(term), SqlAuditLog(term)
    await log.take_back(await log.append(draft("a"), "search", PICTURE))
    _, said = [entry.said() for entry in await audit.after(0, 10)]
    assert (said["act"], said["why"]) == (
        "erasure",
        "its subject was withdrawn before the alert was published",
    )
    assert said["records"] == ["alert:a", "reference:reference-1", "deployment:deployment-1"]
