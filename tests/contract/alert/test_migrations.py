"""What was kept by an older version of alert is kept by this one."""

from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.support.databases import a_term
from tests.support.keyrings import keyring_in
from tests.support.watchlists import Records
from tools.postgres import Server

from lethe.alert import migrations
from lethe.alert.database import Database, sqlite_url
from lethe.alert.log import SqlAlertLog
from lethe.alert.vault import SealedBlob, Vault


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    with EnvironmentContext(
        config, scripts, fn=lambda known, _: scripts._upgrade_revs(revision, known)
    ) as environment:
        environment.configure(connection=connection)
        with environment.begin_transaction():
            environment.run_migrations()


Address = tuple[str, SecretStr | None]


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Give where an empty database of each kind is reached, and the password."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "alert.sqlite"), None
    server: Server = request.getfixturevalue("postgres")
    return request.getfixturevalue("postgres_url"), SecretStr(server.password)


def engine_for(address: Address) -> AsyncEngine:
    url, password = address
    secret = password.get_secret_value() if password else None
    return create_async_engine(make_url(url).set(password=secret))


async def test_the_names_of_references_become_those_of_their_subjects(
    address: Address, tmp_path: Path
) -> None:
    vault = Vault(keyring_in(tmp_path / "keys"))
    await vault.create("watchlist-key")
    names = [
        await vault.seal("watchlist-key", name, bound=f"name:old:r-{number}")
        for number, name in enumerate((b"Ada", b"Ada again", b"Grace"))
    ]
    engine = engine_for(address)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0004")
        await connection.execute(text("INSERT INTO watchlists VALUES ('old', 'watchlist-key')"))
        for number, (name, whose) in enumerate(zip(names, ("s-1", "s-1", "s-2"), strict=True)):
            await connection.execute(text(_REFERENCE), _row(number, name, whose))
    await engine.dispose()

    database = await Database.open(*address)
    book = Records(await a_term(database), tmp_path).book
    assert [
        (each.subject_id, each.details.name) for each in await book.subjects.after("old", 0, 9)
    ] == [("s-1", "Ada"), ("s-2", "Grace")]
    assert [each.reference_id for each in await book.after("old", 0, 9)] == ["r-0", "r-1", "r-2"]
    assert (await book.versions.find("old")).list_id == "old"
    await database.close()


async def test_of_alerts_erased_before_no_receipt_is_waited_for(address: Address) -> None:
    engine = engine_for(address)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0006")
        for name, erased_us in (("before", 1), ("kept", None)):
            row = {"alert_id": name, "erased": erased_us}
            await connection.execute(text(_ALERT), row)
    await engine.dispose()

    database = await Database.open(*address)
    log = SqlAlertLog(await a_term(database))
    assert await log.unreceipted(10) == []
    kept = await log.find("kept")
    assert kept is not None
    await log.mark_erased([kept], 2)
    assert [each.alert_id for each in await log.unreceipted(10)] == ["kept"]
    await database.close()


async def test_of_an_alert_from_before_no_sightings_are_kept(address: Address) -> None:
    engine = engine_for(address)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0015")
        await connection.execute(text(_ALERT), {"alert_id": "before", "erased": None})
    await engine.dispose()

    database = await Database.open(*address)
    log = SqlAlertLog(await a_term(database))
    known = await log.find("before")
    assert known is not None
    assert known.kept_sightings is None
    assert (await log.attach(known, "search", 2)).kept_sightings is None
    await database.close()


async def test_no_alert_from_before_is_announced_unless_it_is_published_now(
    address: Address,
) -> None:
    engine = engine_for(address)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0016")
        for name in ("told", "unpublished"):
            await connection.execute(text(_ALERT), {"alert_id": name, "erased": None})
    await engine.dispose()

    database = await Database.open(*address)
    log = SqlAlertLog(await a_term(database))
    assert await log.unannounced_alerts(10) == []
    left = await log.find("unpublished")
    assert left is not None
    await log.mark_published(replace(left, published=left.captured))
    assert [each.alert_id for each in await log.unannounced_alerts(10)] == ["unpublished"]
    await database.close()


_ALERT = """
    INSERT INTO alerts (alert_id, deployment_id, order_type, camera_id, watchlist_id, subject_id,
        reference_id, score, cosine, threshold, captured_boot_id, captured_boot_us,
        captured_wall_us, decided_boot_id, decided_boot_us, decided_wall_us, candidates, sightings,
        last_sighting_wall_us, erase_at_wall_us, erased_wall_us)
    VALUES (:alert_id, 'd', 'local', 'c', 'w', 's', 'r', 0.7, 0.6, 0.6, 'b', 1, 1, 'b', 1, 1, '[]',
        1, 1, 1, :erased)
"""
_REFERENCE = """
    INSERT INTO "references" (reference_id, watchlist_id, subject_id, name_nonce, name_ciphertext,
        image_nonce, image_ciphertext, image_sha256, state)
    VALUES (:reference_id, 'old', :subject_id, :nonce, :ciphertext, :nonce, :ciphertext, :sha,
        'enrolled')
"""


def _row(number: int, name: SealedBlob, subject_id: str) -> dict[str, object]:
    return {
        "reference_id": f"r-{number}",
        "subject_id": subject_id,
        "nonce": name.nonce,
        "ciphertext": name.ciphertext,
        "sha": f"{number:064x}",
    }
