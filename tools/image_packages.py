"""Which packages of requirements.lock each image needs: writes tools/image_packages.json.

Usage: `python -m tools.image_packages [--check]`. The Dockerfile can't work it out by itself: the
lock doesn't say what asks for what. So it is read here from what the installed packages say, and
the names are kept beside the lock; `tools/image_lock.py` then picks their lines.
"""

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tools.image_lock import locked_entries

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "tools" / "image_packages.json"
IMAGES = ("alert", "cli", "detect", "ingest", "match", "purge")
_PREFIX = "lethe-"
# What builds our own packages in the image's first stage.
_BUILDERS = ("editables", "hatchling")
_LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.0",
    "python_version": "3.11",
    "sys_platform": "linux",
}
_MACHINES = ("x86_64", "aarch64")


def members() -> dict[str, Path]:
    """Return the workspace's members by the name of their folder."""
    return {path.parent.name: path.parent for path in ROOT.glob("*/*/pyproject.toml")}


class Closure:
    """Everything that is needed for what was asked for, on Linux and Python 3.11.

    Attributes
    ----------
    packages
        Names of the lock.
    members
        Names of the workspace's own.
    """

    def __init__(self, locked: Iterable[str]) -> None:
        self.packages: set[str] = set()
        self.members: set[str] = set()
        self._locked = frozenset(locked)
        self._members = members()
        self._seen: set[tuple[str, frozenset[str]]] = set()

    def add(self, requirement: Requirement) -> None:
        """Add what a requirement names and all that it needs."""
        name = canonicalize_name(requirement.name)
        wanted = (name, frozenset(requirement.extras))
        if wanted in self._seen:
            return
        self._seen.add(wanted)
        if name.startswith(_PREFIX):
            self.members.add(name.removeprefix(_PREFIX))
            asked = self._of_member(name.removeprefix(_PREFIX))
        elif name in self._locked:
            self.packages.add(name)
            asked = _of_package(name)
        else:
            # The lock leaves it out on purpose, as it does opencv-python.
            return
        for inner in asked:
            if _applies(inner, requirement.extras):
                self.add(inner)

    def _of_member(self, name: str) -> list[Requirement]:
        pyproject = tomllib.loads((self._members[name] / "pyproject.toml").read_text())
        project = pyproject["project"]
        found = [Requirement(each) for each in project["dependencies"]]
        for extra, requirements in project.get("optional-dependencies", {}).items():
            found += [Requirement(f'{each} ; extra == "{extra}"') for each in requirements]
        return found


def _of_package(name: str) -> list[Requirement]:
    try:
        return [Requirement(each) for each in requires(name) or []]
    except PackageNotFoundError:
        # Of another platform: nothing on Linux asks for it.
        return []


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    if requirement.marker is None:
        return True
    environment = {str(key): str(value) for key, value in default_environment().items()} | _LINUX
    return any(
        requirement.marker.evaluate(environment | {"platform_machine": machine, "extra": extra})
        for machine in _MACHINES
        for extra in ("", *extras)
    )


def image_packages() -> dict[str, dict[str, list[str]]]:
    """Return for each image its packages and our own members; for `build` what builds those."""
    locked = locked_entries((ROOT / "requirements.lock").read_text())
    found = {name: _closure(locked, [f"{_PREFIX}{name}"]) for name in IMAGES}
    return found | {"build": _closure(locked, _BUILDERS)}


def _closure(locked: Mapping[str, str], names: Iterable[str]) -> dict[str, list[str]]:
    closure = Closure(locked)
    for name in names:
        closure.add(Requirement(name))
    return {"members": sorted(closure.members), "packages": sorted(closure.packages)}


def main(arguments: list[str]) -> int:
    """Write the file, or with `--check` tell whether it is current."""
    text = json.dumps(image_packages(), indent=2) + "\n"
    if "--check" not in arguments:
        FILE.write_text(text)
        return 0
    if FILE.is_file() and FILE.read_text() == text:
        return 0
    sys.stderr.write(
        f"{FILE.relative_to(ROOT)} isn't current; run `python -m tools.image_packages`\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
