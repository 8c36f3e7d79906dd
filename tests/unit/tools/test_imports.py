"""The import rules of `pyproject.toml` see the namespace and catch what they forbid."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
# One wrong line for each contract, in the order of pyproject.toml.
_WRONG = [
    ("match/probes.py", "import lethe.detect.frames"),
    ("contracts/base.py", "import lethe.shredding.clock"),
    ("vision/faces.py", "import lethe.runtime.threads"),
    ("contracts/keys.py", "import lethe.receipts.notes"),
    ("receipts/notes.py", "import lethe.contracts.errors"),
    ("receipts/command.py", "import click"),
    ("purge/accountant.py", "import aiokafka"),
    ("match/watchlists.py", "import qdrant_client"),
    ("alert/hub.py", "import sqlalchemy"),
    ("alert/identity/access.py", "import jwt"),
    ("alert/raising.py", "import starlette"),
    ("detect/frames.py", "import lethe.runtime.publisher"),
    ("match/deciding.py", "import lethe.match.qdrant"),
    ("alert/alerts.py", "import lethe.alert.log"),
]
_CONTRACT_OF = [0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9]
# The installed members are out of sight: only the copy is `lethe`.
_LINT = """
import sys
sys.path = [sys.argv[1], *(path for path in sys.path if not path.endswith("/src"))]
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename=sys.argv[2], no_cache=True))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the whole namespace."""
    folder = tmp_path_factory.mktemp("tree")
    for member in [*_ROOT.glob("libs/*/src/lethe/*"), *_ROOT.glob("services/*/src/lethe/*")]:
        ignored = shutil.ignore_patterns("__pycache__", "static")
        shutil.copytree(member, folder / "lethe" / member.name, ignore=ignored)
    return folder


def broken_contracts(tree: Path) -> set[str]:
    """Run import-linter on a tree; give the names of the contracts that it finds broken."""
    ended = subprocess.run(
        [sys.executable, "-c", _LINT, str(tree), str(_ROOT / "pyproject.toml")],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.sub(r"\s+", " ", ended.stdout)
    assert re.search(r"Contracts: \d+ kept, \d+ broken", told), ended.stdout + ended.stderr
    broken = {name for name in contract_names() if f"{name} BROKEN" in told}
    assert (ended.returncode != 0) == bool(broken)
    return broken


def contract_names() -> list[str]:
    content = tomllib.loads((_ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in content["tool"]["importlinter"]["contracts"]]


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    assert broken_contracts(tree) == set()


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [(*wrong, contract) for wrong, contract in zip(_WRONG, _CONTRACT_OF, strict=True)],
)
def test_a_wrong_import_breaks_its_contract(
    tree: Path, file: str, line: str, contract: int
) -> None:
    place = tree / "lethe" / file
    text = place.read_text()
    place.write_text(f"{text}\n\n{line}\n")
    try:
        assert contract_names()[contract] in broken_contracts(tree)
    finally:
        place.write_text(text)


def test_every_contract_has_a_wrong_import_here() -> None:
    assert set(_CONTRACT_OF) == set(range(len(contract_names())))
