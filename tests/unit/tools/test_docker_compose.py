"""docker-compose.yml names settings that exist and keeps to what the design asks of a container."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tools.compose.file import Part, load_document, load_parts
from tools.docs_settings import SERVICES
from tools.kafka.jars import HASHES
from tools.kafka.node import SINGLE

from lethe.alert.settings import AlertSettings
from lethe.match.settings import MatchSettings
from lethe.runtime.publisher import _MAX_REQUEST_BYTES
from lethe.runtime.settings import SECRETS_DIR, ServiceSettings, load_settings

KINDS = {kind.__module__.split(".")[1]: kind for kind in SERVICES}
OURS = [*KINDS, "topics", "camera", "deploy"]
EVERYBODY = [*OURS, "kafka", "qdrant", "postgres"]
SECRETS = "/run/secrets/"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return load_document({})


@pytest.fixture(scope="module")
def parts() -> dict[str, Part]:
    return load_parts({})


def given(part: Part) -> set[str]:
    """Return the settings that a part gets: from its environment and from secrets."""
    files = {Path(target).name for target in part.mounts if target.startswith(SECRETS)}
    named = {name.lower() for name in part.environment if name.startswith("LETHE_")}
    return (named | {file for file in files if file.startswith("lethe_")}) - {SECRETS_DIR.lower()}


def test_the_file_has_the_five_services_and_what_they_stand_on(parts: dict[str, Part]) -> None:
    assert sorted(parts) == sorted(EVERYBODY)
    assert {name: part.service for name, part in parts.items()} == {
        **{name: name for name in KINDS},
        **dict.fromkeys(("topics", "camera", "deploy"), "cli"),
        **dict.fromkeys(("kafka", "qdrant", "postgres")),
    }


@pytest.mark.parametrize("name", KINDS)
def test_every_setting_exists_and_every_required_one_is_given(
    parts: dict[str, Part], name: str
) -> None:
    fields = KINDS[name].model_fields
    known = {f"lethe_{field}" for field in fields}
    required = {f"lethe_{field}" for field, info in fields.items() if info.is_required()}
    assert given(parts[name]) - known == set()
    assert required - given(parts[name]) == set()


@pytest.mark.parametrize("name", KINDS)
def test_the_services_read_their_settings_as_given(
    parts: dict[str, Part], name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for target in parts[name].mounts:
        if target.startswith(SECRETS):
            (tmp_path / Path(target).name).write_text("ab" * 32)
    for variable, value in parts[name].environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv(SECRETS_DIR, str(tmp_path))
    settings = load_settings(KINDS[name])
    assert settings.instance_id == f"{name}-1"
    assert settings.broker == "kafka:9092"
    assert (settings.http_host, settings.http_port) == ("0.0.0.0", 8080)  # noqa: S104 - in a container
    if isinstance(settings, AlertSettings):
        assert "127.0.0.1:8080" in settings.allowed_hosts
        assert settings.database_password == SecretStr("ab" * 32)
    if isinstance(settings, MatchSettings):
        assert settings.qdrant_api_key == SecretStr("ab" * 32)


@pytest.mark.parametrize("name", KINDS)
def test_a_service_has_its_own_signing_key_and_nobody_elses(
    parts: dict[str, Part], name: str
) -> None:
    keys = [target for target in parts[name].mounts if target.endswith(".key")]
    extra = [f"{SECRETS}receipts.key"] if name == "purge" else []
    assert sorted(keys) == [f"{SECRETS}{name}.key", *extra]
    assert all(parts[name].mounts[each].name == Path(each).name for each in keys)
    assert parts[name].environment["LETHE_SIGNING_KEY_FILE"] == f"{SECRETS}{name}.key"


def test_only_the_order_is_signed_with_the_officers_key(parts: dict[str, Part]) -> None:
    holders = {
        name
        for name, part in parts.items()
        for path in part.mounts.values()
        if "officer" in path.name
    }
    assert holders == {"deploy"}


def test_no_password_stands_in_an_environment(parts: dict[str, Part]) -> None:
    secret = {
        f"LETHE_{field.upper()}"
        for kind in SERVICES
        for field, info in kind.model_fields.items()
        if "SecretStr" in str(info.annotation)
    }
    assert "LETHE_DATABASE_PASSWORD" in secret
    for part in parts.values():
        assert secret & set(part.environment) == set()
        assert not [
            value for value in part.environment.values() if re.search(r"//[^/@]+:[^/@]+@", value)
        ]


@pytest.mark.parametrize("name", EVERYBODY)
def test_nobody_gains_rights_swaps_or_leaves_a_core(document: dict[str, Any], name: str) -> None:
    entry = document["services"][name]
    assert entry["cap_drop"] == ["ALL"]
    assert entry["security_opt"] == ["no-new-privileges:true"]
    assert entry["mem_limit"] == entry["memswap_limit"]
    assert entry["ulimits"]["core"] == 0
    assert entry["logging"]["options"]["max-size"]
    assert "privileged" not in entry


@pytest.mark.parametrize("name", OURS)
def test_ours_run_as_whoever_owns_the_keys_on_a_root_that_cannot_be_written(
    document: dict[str, Any], name: str
) -> None:
    entry = document["services"][name]
    assert entry["user"] == "1000:1000"
    assert entry["read_only"] is True
    assert "cap_add" not in entry
    assert entry["ulimits"]["memlock"] == {"soft": -1, "hard": -1}
    assert all(
        volume["read_only"] for volume in entry.get("volumes", []) if name not in {"alert", "purge"}
    )


@pytest.mark.parametrize("name", [*KINDS, "camera", "kafka", "qdrant", "postgres"])
def test_what_keeps_running_is_checked_and_started_again(
    document: dict[str, Any], name: str
) -> None:
    entry = document["services"][name]
    assert entry["restart"] == "unless-stopped"
    assert entry["healthcheck"]["test"][0] == "CMD"
    assert entry["stop_grace_period"]


def test_only_the_page_is_published_and_only_on_this_machine(document: dict[str, Any]) -> None:
    ports = {
        name: entry["ports"] for name, entry in document["services"].items() if "ports" in entry
    }
    assert ports == {"alert": ["127.0.0.1:8080:8080"]}


def test_stores_are_reached_by_their_own_service_only(document: dict[str, Any]) -> None:
    members: dict[str, set[str]] = {}
    for name, entry in document["services"].items():
        for network in entry["networks"]:
            members.setdefault(network, set()).add(name)
    assert members == {
        "bus": {*KINDS, "topics", "kafka"},
        "cameras": {"ingest", "camera"},
        "front": {"alert", "deploy"},
        "records": {"alert", "postgres"},
        "vectors": {"match", "qdrant"},
    }
    inner = {name for name, network in document["networks"].items() if network.get("internal")}
    assert inner == {"bus", "records", "vectors"}


def test_services_wait_for_what_they_stand_on(parts: dict[str, Part]) -> None:
    made = {"topics": "service_completed_successfully"}
    healthy = "service_healthy"
    assert parts["topics"].depends_on == {"kafka": healthy}
    assert parts["purge"].depends_on == made
    assert parts["alert"].depends_on == made | {"postgres": healthy}
    assert parts["match"].depends_on == made | {"qdrant": healthy}
    assert parts["deploy"].depends_on == dict.fromkeys((*KINDS, "camera"), healthy)


def test_kafka_takes_the_sessions_and_the_images_of_the_services(parts: dict[str, Part]) -> None:
    settings = parts["kafka"].environment
    session_ms = ServiceSettings.model_fields["session_timeout_ms"].default
    assert int(settings["KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS"]) <= session_ms
    assert int(settings["KAFKA_MESSAGE_MAX_BYTES"]) >= _MAX_REQUEST_BYTES
    assert settings["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_kafka_is_of_the_version_that_the_tests_run_and_looks_after_retention_as_often(
    document: dict[str, Any], parts: dict[str, Part]
) -> None:
    version = document["services"]["kafka"]["image"].rpartition(":")[2]
    assert f"kafka-server-{version}.jar" in HASHES.read_text()
    for name in ("log.retention.check.interval.ms", "log.initial.task.delay.ms"):
        variable = f"KAFKA_{name.replace('.', '_').upper()}"
        assert parts["kafka"].environment[variable] == SINGLE[name]


def test_kafkas_health_check_fits_into_its_memory_beside_the_broker(
    document: dict[str, Any], parts: dict[str, Part]
) -> None:
    heaps = parts["kafka"].environment["KAFKA_HEAP_OPTS"], *parts["kafka"].healthcheck
    most = [int(found[1]) for each in heaps if (found := re.search(r"-Xmx(\d+)m", each))]
    assert len(most) == 2, "the check takes the broker's heap"
    assert sum(most) < int(document["services"]["kafka"]["mem_limit"].removesuffix("m")) / 2


@pytest.mark.parametrize("name", ["kafka", "qdrant", "postgres"])
def test_images_of_others_get_an_init_as_ours_bring_one(
    document: dict[str, Any], name: str
) -> None:
    assert document["services"][name]["init"] is True


def test_the_page_answers_under_the_port_that_was_chosen() -> None:
    alert = load_parts({"LETHE_PORT": "9000"})["alert"]
    hosts = json.loads(alert.environment["LETHE_ALLOWED_HOSTS"])
    assert {"127.0.0.1:9000", "localhost:9000"} < set(hosts)
    published = load_document({"LETHE_PORT": "9000"})["services"]["alert"]["ports"]
    assert published == ["127.0.0.1:9000:8080"]


def test_templates_lie_in_memory_and_keys_on_the_tmpfs_of_the_machine(
    parts: dict[str, Part],
) -> None:
    assert {"/qdrant/storage", "/qdrant/snapshots"} <= set(parts["qdrant"].tmpfs)
    alert = parts["alert"]
    key_dir = alert.environment["LETHE_KEY_DIR"]
    assert alert.mounts[key_dir].is_relative_to("/dev/shm")  # noqa: S108 - what is looked for
    assert key_dir not in alert.tmpfs, "a restart of alert would erase every alert's key"
