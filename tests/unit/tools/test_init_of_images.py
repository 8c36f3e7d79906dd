"""PID 1 of a container is an init, whoever starts it, and no service runs as root.

The kernel ignores the dead man's signal for PID 1: a service there could hang and keep its keys.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tools.compose.file import load_document
from tools.docs_settings import SERVICES

ROOT = Path(__file__).parents[3]
NAMES = [kind.__module__.split(".")[1] for kind in SERVICES]
# The first process of a namespace of its own is PID 1, as in a container.
AS_PID_1 = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")


@pytest.fixture(scope="module")
def image() -> dict[str, str]:
    """Return what the last stage of the Dockerfile says last, by instruction."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] != "#"]
    begins = max(number for number, words in enumerate(lines) if words[0].upper() == "FROM")
    return {words[0].upper(): words[1] for words in lines[begins:]}


def test_the_init_is_pid_1_of_an_image_and_the_service_its_child(image: dict[str, str]) -> None:
    assert json.loads(image["ENTRYPOINT"]) == ["tini", "--", "lethe-service"]
    assert "CMD" not in image


def test_an_image_runs_as_a_number_that_isnt_root(image: dict[str, str]) -> None:
    user, group = image["USER"].split(":")
    assert int(user) > 0
    assert int(group) > 0


def test_the_composition_leaves_the_init_where_it_is() -> None:
    for name, entry in load_document({})["services"].items():
        assert "entrypoint" not in entry, name
        assert "pid" not in entry, name


@pytest.mark.parametrize("name", NAMES)
def test_a_service_refuses_to_be_pid_1(name: str, tmp_path: Path) -> None:
    # No file is there: it is refused before anything is read.
    files = ("ROSTER_FILE", "SIGNING_KEY_FILE", "RECEIPTS_KEY_FILE", "DATA_DIR", "MODEL_PACK")
    settings = {f"LETHE_{file}": str(tmp_path / "none") for file in files}
    settings["LETHE_TOKEN_ISSUER"] = "https://issuer.example"
    ended = subprocess.run(
        [*AS_PID_1, sys.executable, "-m", f"lethe.{name}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | settings | {"LETHE_INSTANCE_ID": f"{name}-1", "LETHE_ROSTER_ROOT": ""},
    )
    # Before it, a service may log what its environment lacks, a line each.
    *logged, told = ended.stderr.splitlines()
    service, why = told.split(": ", 1)
    assert service == f"lethe {name}"
    assert why == "a service can't run as PID 1: start it under an init such as tini"
    assert ended.returncode == 2
    assert all(line.startswith("{") for line in logged)
    assert list(tmp_path.iterdir()) == []
