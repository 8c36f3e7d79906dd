"""Reading the composition as Compose does, and putting this machine in the place of it."""

from pathlib import Path

import pytest
from tools.compose.file import Part, load_document, load_parts
from tools.compose.passwords import make_key_folder, make_passwords, write_user
from tools.compose.stand_ins import StandIns

from lethe.contracts.errors import InvalidInput

COMPOSITION = """
x-common: &common
  tmpfs: ["/tmp:size=1m"]
services:
  desk:
    <<: *common
    build: {context: ., args: {SERVICE: alert}}
    command: [run, --at=/footage/a.mp4, /elsewhere]
    environment:
      BROKER: kafka:9092
      DATABASE: postgresql+asyncpg://u@postgres/u
      INDEX: http://qdrant:6333
      SECRETS_DIR: /run/secrets
      KEY: /run/secrets/desk.key
      NAMES: '["desk:8080", "desk:80801", "my-desk:8080"]'
      PRICE: $$5
    secrets: [password, {source: key, target: desk.key}, {source: key, target: /trust/keys/k}]
    healthcheck: {test: [CMD, python, -m, probe]}
    depends_on: {camera: {condition: service_healthy}}
  camera:
    build: {context: ., args: {SERVICE: ingest}}
    volumes:
      - {type: bind, source: "${FOOTAGE:-./footage}", target: /footage}
      - data:/data
secrets:
  password: {file: "${FOLDER-secrets}/password"}
  key: {file: "secrets/key"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "footage").mkdir()
    (tmp_path / "secrets").mkdir()
    for name in ("password", "key"):
        (tmp_path / "secrets" / name).write_text(f"the {name}")
    found = tmp_path / "compose.yml"
    found.write_text(COMPOSITION)
    return found


@pytest.fixture
def parts(file: Path) -> dict[str, Part]:
    return load_parts({}, file)


@pytest.fixture
def stand_ins(parts: dict[str, Part], tmp_path: Path) -> StandIns:
    hosts = {
        "kafka:9092": "127.0.0.1:1",
        "postgres": "127.0.0.1:2",
        "http://qdrant:6333": None,
    }
    return StandIns(parts, tmp_path / "root", hosts, {"desk": 3}, settings={"SET_HERE": "yes"})


def test_a_part_is_what_its_entry_and_what_that_merges_say(parts: dict[str, Part]) -> None:
    desk = parts["desk"]
    assert (desk.service, desk.tmpfs) == ("alert", ("/tmp",))  # noqa: S108 - the file's
    assert desk.healthcheck == ("python", "-m", "probe")
    assert desk.depends_on == {"camera": "service_healthy"}
    assert parts["camera"].command == ()


def test_secrets_and_binds_are_mounted_from_where_the_file_lies(
    parts: dict[str, Part], tmp_path: Path
) -> None:
    assert parts["desk"].mounts == {
        "/run/secrets/password": tmp_path / "secrets" / "password",
        "/run/secrets/desk.key": tmp_path / "secrets" / "key",
        "/trust/keys/k": tmp_path / "secrets" / "key",
    }
    assert parts["camera"].mounts == {"/footage": tmp_path / "footage"}


def test_variables_come_before_defaults(file: Path) -> None:
    assert load_parts({"FOOTAGE": "/f"}, file)["camera"].mounts == {"/footage": Path("/f")}
    # `:-` takes the default for what is empty as well, `-` doesn't.
    empty = load_document({"FOOTAGE": "", "FOLDER": ""}, file)
    assert empty["services"]["camera"]["volumes"][0]["source"] == "./footage"
    assert empty["secrets"]["password"]["file"] == "/password"
    assert empty["services"]["desk"]["environment"]["PRICE"] == "$5"


def test_a_variable_that_is_needed_is_named(file: Path) -> None:
    file.write_text("services: {a: {image: '${WHICH:?say which}'}}")
    with pytest.raises(InvalidInput, match="WHICH isn't set: say which"):
        load_document({}, file)


def test_the_environment_holds_on_this_machine(
    stand_ins: StandIns, parts: dict[str, Part], tmp_path: Path
) -> None:
    secrets = tmp_path / "root" / "desk" / "run" / "secrets"
    assert stand_ins.environment(parts["desk"]) == {
        "BROKER": "127.0.0.1:1",
        "DATABASE": "postgresql+asyncpg://u@127.0.0.1:2/u",
        "SECRETS_DIR": str(secrets),
        "SET_HERE": "yes",
        "KEY": str(secrets / "desk.key"),
        "NAMES": '["127.0.0.1:3", "desk:80801", "my-desk:8080"]',
        "PRICE": "$5",
        "LETHE_HTTP_HOST": "127.0.0.1",
        "LETHE_HTTP_PORT": "3",
        "TMPDIR": str(tmp_path / "root" / "desk" / "tmp"),
    }
    assert "LETHE_HTTP_PORT" not in stand_ins.environment(parts["camera"])


def test_a_part_sees_its_own_secrets_only(stand_ins: StandIns, tmp_path: Path) -> None:
    assert stand_ins
    desk = tmp_path / "root" / "desk"
    assert sorted(each.name for each in (desk / "run" / "secrets").iterdir()) == [
        "desk.key",
        "password",
    ]
    assert (desk / "run" / "secrets" / "password").read_text() == "the password"
    assert (desk / "run" / "secrets" / "password").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "root" / "camera" / "run").exists()


def test_a_source_is_where_the_part_that_opens_it_has_it(
    stand_ins: StandIns, parts: dict[str, Part], tmp_path: Path
) -> None:
    footage = tmp_path / "root" / "camera" / "footage"
    assert stand_ins.command(parts["desk"]) == ("run", f"--at={footage}/a.mp4", "/elsewhere")


def test_passwords_are_private_and_stay_what_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "compose"
    make_passwords(folder)
    first = {file.name: file.read_text() for file in folder.iterdir()}
    make_passwords(folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == first
    assert set(first) == {"database_password", "qdrant_api_key", "qdrant.yaml"}
    assert first["qdrant.yaml"] == f"service:\n  api_key: {first['qdrant_api_key']}\n"
    assert len(set(first.values())) == len(first)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_the_folder_for_keys_is_private_and_ones_own(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    make_key_folder(tmp_path / "keys")
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="LETHE_KEYS"):
        make_key_folder(tmp_path / "file" / "keys")
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    with pytest.raises(InvalidInput, match="belongs to somebody else"):
        make_key_folder(tmp_path / "link")


def test_what_somebody_wrote_into_env_stays(tmp_path: Path) -> None:
    write_user(tmp_path / "new")
    assert (tmp_path / "new").read_text().startswith("LETHE_UID=")
    (tmp_path / "old").write_text("LETHE_UID=7\n")
    write_user(tmp_path / "old")
    assert (tmp_path / "old").read_text() == "LETHE_UID=7\n"
