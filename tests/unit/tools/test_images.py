"""Each image's packages are those that its service needs, from the lock and with its hashes."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from tools.image_lock import locked_entries, part_of_lock
from tools.image_packages import FILE, IMAGES, image_packages

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()
SERVICES = [name for name in IMAGES if name != "cli"]

# Imports a module with everything hidden that isn't in its image.
_IMPORT = """
import importlib, json, sys
from importlib.abc import MetaPathFinder
hidden, members, module = json.loads(sys.argv[1])
class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        ours = parts[0] == "lethe" and len(parts) > 1 and parts[1] not in members
        if parts[0] in hidden or ours:
            raise ModuleNotFoundError(f"{name} isn't in the image", name=name)
        return None
sys.meta_path.insert(0, Hide())
importlib.import_module(module)
"""


def test_the_list_of_packages_is_current() -> None:
    current = json.loads(FILE.read_text())
    assert current == image_packages(), "run `python -m tools.image_packages`"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_on_its_images_packages(service: str) -> None:
    image = image_packages()[service]
    hidden = [
        module
        for module, names in packages_distributions().items()
        if not {canonicalize_name(name) for name in names} & set(image["packages"])
        and not any(name.startswith("lethe-") for name in names)
        and module != "_distutils_hack"
    ]
    question = json.dumps([hidden, image["members"], f"lethe.{service}.__main__"])
    ended = subprocess.run(
        [sys.executable, "-c", _IMPORT, question], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_has_no_other_service_and_no_tool_of_development(service: str) -> None:
    image = image_packages()[service]
    libraries = {"contracts", "receipts", "runtime", "shredding", "vision"}
    assert set(image["members"]) - libraries == {service}
    assert ("receipts" in image["members"]) == (service in {"alert", "purge"})
    assert {"pytest", "mypy", "hatchling", "pip", "insightface"} & set(image["packages"]) == set()


def test_only_those_who_look_at_pictures_carry_the_libraries_for_it() -> None:
    heavy = {
        name: {
            "numpy",
            "opencv-python-headless",
            "onnxruntime",
            "av",
            "qdrant-client",
            "sqlalchemy",
        }
        & set(image["packages"])
        for name, image in image_packages().items()
    }
    assert heavy["purge"] == set()
    assert heavy["alert"] == {"sqlalchemy"}
    assert heavy["match"] == {"numpy", "qdrant-client"}
    assert heavy["ingest"] == {"numpy", "opencv-python-headless", "av"}
    assert heavy["detect"] == {"numpy", "opencv-python-headless", "onnxruntime"}


@pytest.mark.parametrize("image", [*IMAGES, "build"])
def test_what_pip_gets_is_pinned_and_hashed_as_in_the_lock(image: str) -> None:
    names = image_packages()[image]["packages"]
    lines = part_of_lock(LOCK, names)
    entries = re.split(r"\n(?=\S)", lines.strip())
    assert len(entries) >= len(names)
    assert all("--hash=sha256:" in entry and entry in LOCK for entry in entries)
    assert set(locked_entries(lines)) == set(names)


def test_a_name_with_a_version_for_each_platform_keeps_all_of_them() -> None:
    first = "a==1 ; python_full_version < '3.12' \\\n    --hash=sha256:1\n"
    lock = first + "a==2 \\\n    --hash=sha256:2\n"
    assert part_of_lock(lock, ["a"]) == lock


def test_a_package_that_the_lock_lacks_ends_the_build() -> None:
    with pytest.raises(SystemExit, match="nothing-of-this-name"):
        part_of_lock(LOCK, ["nothing-of-this-name"])


def test_the_build_sees_no_key_and_no_footage() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {line.removeprefix("!") for line in rules if line.startswith("!")}
    assert let_in == {
        *("requirements.lock", "tools/image_lock.py", "tools/image_packages.json"),
        *("libs", "services"),
    }


@pytest.mark.parametrize("arguments", [[], ["alert"], ["nobody", "packages"]])
def test_a_build_without_a_service_says_which_there_are(arguments: list[str]) -> None:
    script = ROOT / "tools" / "image_lock.py"
    ended = subprocess.run(
        [sys.executable, "-IS", script, *arguments], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "alert|cli|detect" in ended.stderr


def test_the_folders_of_an_image_are_those_of_its_members() -> None:
    script = ROOT / "tools" / "image_lock.py"
    ended = subprocess.run(
        [sys.executable, "-IS", script, "purge", "members"],
        capture_output=True,
        text=True,
        check=True,
    )
    folders = ended.stdout.split()
    assert set(folders) == {
        *("./libs/contracts", "./libs/receipts", "./libs/runtime", "./libs/shredding"),
        "./services/purge",
    }
