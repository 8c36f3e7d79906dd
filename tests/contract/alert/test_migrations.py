"""What was kept by an older version of alert is kept by this one."""

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from tests.support.databases import a_term
from tests.support.keyrings import keyring_in
from tests.support.watchlists import Records
from tools.postgres import Server

from lethe.alert import migrations
from lethe.alert.database import Database, sqlite_url
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


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_the_names_of_references_become_those_of_their_subjects(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url, password = sqlite_url(tmp_path / "alert.sqlite"), None
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url, password = request.getfixturevalue("postgres_url"), SecretStr(server.password)
    vault = Vault(keyring_in(tmp_path / "keys"))
    await vault.create("watchlist-key")
    names = [
        await vault.seal("watchlist-key", name, bound=f"name:old:r-{number}")
        for number, name in enumerate((b"Ada", b"Ada again", b"Grace"))
    ]
    engine = create_async_engine(
        make_url(url).set(password=password.get_secret_value() if password else None)
    )
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade_to, "0004")
        await connection.execute(text("INSERT INTO watchlists VALUES ('old', 'watchlist-key')"))
        for number, (name, whose) in enumerate(zip(names, ("s-1", "s-1", "s-2"), strict=True)):
            await connection.execute(text(_REFERENCE), _row(number, name, whose))
    await engine.dispose()

    database = await Database.open(url, password)
    book = Records(await a_term(database), tmp_path).book
    assert [
        (each.subject_id, each.details.name) for each in await book.subjects.after("old", 0, 9)
    ] == [("s-1", "Ada"), ("s-2", "Grace")]
    assert [each.reference_id for each in await book.after("old", 0, 9)] == ["r-0", "r-1", "r-2"]
    assert (await book.versions.find("old")).list_id == "old"
    await database.close()


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
