"""No file of a database, its write-ahead log included, ever holds what opens an alert."""

from collections.abc import Iterable

import pytest
from sqlalchemy import select
from tests.support.alert_desk import CROP, ManualClock, candidates_found, instant
from tests.support.databases import a_term, files_of
from tests.support.keyrings import MemoryKeyStore, a_keyring, keyring_in
from tests.support.thief import KEY_BYTES, files_below, holding, keys_within, pictures_opened
from tests.support.watchlists import Records, imaged, listed

from lethe.alert.audit.deeds import Act, Actor, Deed, acting_as
from lethe.alert.audit.log import SqlAuditLog
from lethe.alert.audit.reasons import OpenedReason, Reasons, Unopened
from lethe.alert.database import Database
from lethe.alert.hub import AlertHub
from lethe.alert.judgements import Adjudication
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.tables import references, subjects
from lethe.alert.vault import Vault
from lethe.alert.watchlists.end import OrderedList
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.receipts import WatchlistGround

OFFICER = Capacity.ENGAGEMENT_OFFICER
DAY_MS = 24 * 3_600_000


async def _retire(key_ids: Iterable[str]) -> None:
    assert set(key_ids) == {"transit"}


async def test_the_key_of_an_alert_is_in_no_file_before_or_after_it_was_called_false(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = tmp_path_factory.mktemp("keys")
    vault, term = Vault(keyring_in(keys, ManualClock())), await a_term(database)
    log, hub = SqlAlertLog(term), AlertHub(term.log_id, term.number)
    desk = AlertDesk(log, hub, vault, ManualClock(), _retire)
    alert = await desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    picture = await log.picture(alert.alert_id)
    assert picture is not None
    data_key = (keys / f"alert-{alert.alert_id}").read_bytes()[:KEY_BYTES]
    bound = f"probe:{alert.alert_id}"
    assert list(pictures_opened(picture, bound, [data_key])) == [CROP]
    yesterday = await files_of(database)
    assert holding(yesterday, picture.ciphertext), "these aren't the files"

    decision = Adjudication(Verdict.FALSE_ALERT, True, None, "Ames", instant(9_000), OFFICER)
    assert (await desk.handling.adjudicate(alert.alert_id, decision)).erased
    today = await files_of(database) | files_below(keys)

    for loot in (yesterday, today):
        assert holding(loot, data_key) == set()
        assert holding(loot, CROP) == set()
    left = keys_within(files_below(keys).values())
    assert list(pictures_opened(picture, bound, left)) == []


async def test_what_somebody_gave_as_their_reason_ends_with_its_key(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys, clock = tmp_path_factory.mktemp("keys"), ManualClock()
    keyring = keyring_in(keys, clock)
    reasons, audit = Reasons(Vault(keyring), clock, days=60), SqlAuditLog(await a_term(database))
    sealed = await reasons.seal("case 4711, asked for by Ames")
    assert sealed is not None
    with acting_as(Actor("Ames", ("operator",), sealed)):
        await audit.append(Deed(Act.CONSULTATION, ("alert:a",), "looked at"))
    (kept,) = await audit.reasons({sealed.commitment})
    opened = (await reasons.open([kept]))[kept.commitment]
    assert isinstance(opened, OpenedReason)
    assert opened.text == "case 4711, asked for by Ames"
    files = await files_of(database)
    assert holding(files, kept.sealed.ciphertext), "these aren't the files"
    assert holding(files, opened.text.encode()) == holding(files, opened.salt) == set()
    clock.ms = 60 * DAY_MS
    assert keyring.destroy_due() == 1
    assert await reasons.open([kept]) == {kept.commitment: Unopened.ERASED}
    # A backup that is put back brings no key.
    assert holding(files_below(keys), opened.salt) == set()


async def test_of_an_erased_watchlist_nothing_can_be_opened_with_the_keys_that_are_left(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("records")
    records = Records(await a_term(database), folder)
    subject_id = await listed(records.book, "Grace Hopper")
    reference = await imaged(records.book, "list", subject_id, CROP)
    await listed(records.book, "Ada Lovelace", on="another")
    [(_, blob)] = await records.shelf.references.with_images([reference.reference_id])
    sealed = await records.shelf.subjects.find("list", subject_id)
    assert sealed is not None
    bound = f"image:list:{reference.reference_id}"
    keys = keys_within(files_below(folder / "keys").values())
    assert list(pictures_opened(blob, bound, keys)) == [CROP], "the thief has the wrong tools"
    assert len(list(pictures_opened(sealed.details, sealed.bound, keys))) == 1
    key_name = (await records.book.versions.sealed("list")).key_name
    data_key = (folder / "keys" / key_name).read_bytes()[:KEY_BYTES]
    yesterday = await files_of(database)
    assert holding(yesterday, blob.ciphertext), "these aren't the files"

    records.ordered.append(OrderedList("list", "deployment-1", records.clock.wall_us() + 1))
    records.clock.ms = DAY_MS + 1
    ends = records.ends()
    await ends.sweep()
    assert records.keys.destroy_due() == 1
    await ends.sweep()
    left = keys_within(files_below(folder).values())
    for stolen, of in ((blob, bound), (sealed.details, sealed.bound)):
        assert list(pictures_opened(stolen, of, left)) == [], "also from a backup of yesterday"
    for loot in (yesterday, files_below(folder) | await files_of(database)):
        for secret in (CROP, b"Grace Hopper", data_key):
            assert holding(loot, secret) == set()
    assert (await records.book.versions.find("another")).details is not None
    async with database.begin() as connection:
        for table in (subjects, references):
            rows = await connection.execute(select(table).where(table.c.watchlist_id == "list"))
            assert rows.all() == []


async def test_the_erasure_of_a_watchlist_is_audited_and_waits_for_its_receipt(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    term = await a_term(database)
    records = Records(term, tmp_path_factory.mktemp("records"))
    await listed(records.book)
    ends = records.ends()
    await ends.erase("list")
    newest = (await SqlAuditLog(term).after(0, 100))[-1].said()
    assert (newest["act"], newest["records"]) == ("erasure", ["watchlist:list"])
    assert newest["why"] == "a watchlist was erased before its time"
    [erased] = await records.end_store.unreceipted(10)
    assert erased.ground is WatchlistGround.REQUESTED
    await records.end_store.mark_receipted({"list"})
    assert await records.end_store.unreceipted(10) == []
    assert await records.end_store.erased_ids(10) == ["list"]
    assert await records.end_store.unerased() == {}


async def test_reasons_of_two_months_end_one_after_the_other() -> None:
    keys, clock = MemoryKeyStore(), ManualClock()
    reasons = Reasons(Vault(a_keyring(keys, clock)), clock, days=60)
    first = await reasons.seal("first")
    clock.ms = 40 * DAY_MS
    second = await reasons.seal("second")
    assert first is not None
    assert second is not None
    assert len(keys.names()) == 2
    clock.ms = 60 * DAY_MS
    opened = await reasons.open([first, second])
    assert opened[first.commitment] is Unopened.ERASED
    kept = opened[second.commitment]
    assert isinstance(kept, OpenedReason)
    assert kept.text == "second"
    assert await reasons.seal("") is None
