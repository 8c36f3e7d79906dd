"""Apache Kafka's jars: what a machine lacks is told in one line, and no other jar is taken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tools.kafka import jars as module
from tools.kafka.jars import jars, java

from lethe.contracts.errors import InvalidInput


def executable(folder: Path, name: str, script: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the only folder of commands of a machine that has neither Java nor Maven."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Record one jar, whose content is "kafka", and give the folder for it."""
    digest = "cbbf241eebedba6fd5e657b3c560fc9dd63c0d3e0de6f816be60e86157ec872c"
    hashes = tmp_path / "jars.sha256"
    hashes.write_text(f"{digest}  broker.jar\n")
    monkeypatch.setattr(module, "HASHES", hashes)
    return tmp_path / "kafka"


@pytest.mark.usefixtures("bare")
def test_a_machine_without_java_is_told_so_with_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.kafka", "fetch"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("kafka: Java 17 or newer is missing; install it")
    assert len(done.stderr.splitlines()) == 1


def test_an_older_java_is_refused(bare: Path) -> None:
    executable(bare, "java", "echo 'openjdk version \"11.0.2\"' >&2")
    with pytest.raises(InvalidInput, match="older than Java 17"):
        java()


@pytest.mark.usefixtures("bare")
def test_a_machine_without_maven_is_told_so(recorded: Path) -> None:
    with pytest.raises(InvalidInput, match="Maven is missing; install it"):
        jars(recorded)


def test_what_maven_complains_of_is_passed_on(bare: Path, recorded: Path) -> None:
    executable(bare, "mvn", "echo '[ERROR] no such host'; echo '[ERROR] help'; exit 1")
    with pytest.raises(InvalidInput, match=r"couldn't fetch Apache Kafka: no such host$"):
        jars(recorded)


def put(content: str) -> str:
    """Return what stands in for Maven: it writes one jar where it was told to."""
    return (
        "for a; do case $a in -DoutputDirectory=*) d=${a#*=};; esac; done; "
        f"printf {content} > $d/broker.jar"
    )


def test_jars_as_recorded_are_taken_and_not_fetched_again(bare: Path, recorded: Path) -> None:
    executable(bare, "mvn", put("kafka"))
    assert jars(recorded) == recorded
    (bare / "mvn").unlink()
    assert (jars(recorded) / "broker.jar").read_text() == "kafka"


def test_a_jar_with_another_hash_is_refused_and_not_kept(bare: Path, recorded: Path) -> None:
    executable(bare, "mvn", put("other"))
    with pytest.raises(InvalidInput, match=r"broker\.jar and jars\.sha256 differ"):
        jars(recorded)
    assert not recorded.exists()
