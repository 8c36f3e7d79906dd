"""One suite for drafts of orders in SQLite and in PostgreSQL."""

from dataclasses import replace

import pytest
from tests.support.databases import a_term

from lethe.alert.database import Database
from lethe.alert.drafts.draft import Draft
from lethe.alert.drafts.sql_drafts import SqlDraftStore
from lethe.contracts.orders import CameraAssigned

GATE = CameraAssigned(camera_id="gate", deployment_id="fair", source="rtsp://192.0.2.1/", zone=None)
FAIR = Draft("fair", b"\x00payload", [GATE], 1, ("Ann",))


@pytest.fixture
async def store(database: Database) -> SqlDraftStore:
    return SqlDraftStore(await a_term(database))


async def test_a_draft_is_found_as_it_was_added_and_added_once(store: SqlDraftStore) -> None:
    assert await store.find("fair") is None
    assert await store.add(FAIR)
    assert not await store.add(replace(FAIR, payload=b"another"))
    assert await store.find("fair") == FAIR
    assert await store.count() == 1


async def test_drafts_come_in_the_order_of_their_deployments(store: SqlDraftStore) -> None:
    for name in ("c", "a", "b"):
        await store.add(replace(FAIR, deployment_id=name))
    assert [each.deployment_id for each in await store.after("", 2)] == ["a", "b"]
    assert [each.deployment_id for each in await store.after("b", 2)] == ["c"]


async def test_a_draft_is_changed_by_whoever_has_seen_it(store: SqlDraftStore) -> None:
    await store.add(FAIR)
    signed = replace(FAIR, revision=2, signer="ann", signature=bytes(64), authors=("Ann", "Bob"))
    assert await store.change(signed, 1)
    assert not await store.change(replace(signed, payload=b"late", revision=2), 1)
    assert await store.find("fair") == signed


async def test_a_draft_is_given_up_once_and_settled_whether_it_is_there_or_not(
    store: SqlDraftStore,
) -> None:
    await store.add(FAIR)
    assert await store.give_up("fair")
    assert not await store.give_up("fair")
    await store.add(FAIR)
    for _ in range(2):
        await store.settle("fair")
    assert await store.count() == 0
