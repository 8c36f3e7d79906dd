"""`lethe-receipts` is a wheel of its own: built, installed alone, it verifies a log."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from tests.support.receipts import SIGNER, a_log, file_of

_MEMBER = Path(__file__).parents[3] / "libs" / "receipts"
_BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
# Only the standard library, and the folders that are named, can be imported.
_INSTALLED = """
import sys
while sys.argv.pop(1) == "--on-path":
    sys.path.append(sys.argv.pop(1))
from importlib.metadata import entry_points
[command] = entry_points(group="console_scripts", name="lethe-receipts")
sys.exit(command.load()())
"""


@pytest.fixture(name="wheel", scope="module")
def wheel_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it as its build backend does, of a copy of what is in the repository."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    source = copytree(_MEMBER, folder / "source", ignore=ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-c", _BUILD, str(folder)], cwd=source, check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(name="installed", scope="module")
def installed_(wheel: Path) -> Path:
    """Install it alone into an empty folder."""
    target = wheel.parent / "installed"
    alone = ("--no-index", "--no-deps", "--no-compile", "--quiet", "--target", str(target))
    subprocess.run([sys.executable, "-m", "pip", "install", *alone, str(wheel)], check=True)
    return target


@pytest.fixture(name="dependencies", scope="module")
def dependencies_(installed: Path) -> Path:
    """Put what it says that it needs, and what that needs, into a folder, and nothing else."""
    folder = installed.parent / "dependencies"
    folder.mkdir()
    [metadata] = installed.glob("*.dist-info")
    for needed in _needed_by(Distribution.at(metadata), set()):
        for file in needed.files or ():
            link = folder / file.parts[0]
            if file.parts[0] != ".." and not link.exists():
                link.symlink_to(Path(str(needed.locate_file(file.parts[0]))))
    return folder


def _needed_by(one: Distribution, known: set[str]) -> Iterator[Distribution]:
    for requirement in map(Requirement, one.requires or ()):
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and requirement.name not in known:
            known.add(requirement.name)
            needed = distribution(requirement.name)
            assert requirement.specifier.contains(needed.version)
            yield needed
            yield from _needed_by(needed, known)


def _verify(log: Path, *folders: Path) -> subprocess.CompletedProcess[str]:
    named = [part for folder in folders for part in ("--on-path", str(folder))]
    arguments = [*named, "--end", "verify", str(log), "--key", str(SIGNER.verifier)]
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", _INSTALLED, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(name="log")
def log_(tmp_path: Path) -> Path:
    file = tmp_path / "receipts.txt"
    file.write_bytes(b"".join(file_of(a_log(2))))
    return file


def test_installed_alone_it_verifies_a_log_and_refutes_another(
    log: Path, installed: Path, dependencies: Path
) -> None:
    ended = _verify(log, installed, dependencies)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("good: 1 log")
    log.write_bytes(log.read_bytes().replace(b'"oldest_age_ms":412', b'"oldest_age_ms":41'))
    refuted = _verify(log, installed, dependencies)
    assert (refuted.returncode, refuted.stderr) == (1, "")
    assert refuted.stdout.startswith("REFUTED: ")


def test_it_has_nothing_to_lean_on_but_what_it_says(log: Path, installed: Path) -> None:
    ended = _verify(log, installed)
    assert ended.returncode != 0
    assert "No module named 'cryptography'" in ended.stderr


def test_it_says_that_it_needs_cryptography_and_nothing_else(installed: Path) -> None:
    [metadata] = installed.glob("*.dist-info")
    needed = [Requirement(each).name for each in Distribution.at(metadata).requires or ()]
    assert needed == ["cryptography"]


def test_only_receipts_are_in_it_and_all_of_them(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    code = {name for name in names if not re.match(r"lethe_receipts-[\d.]+\.dist-info/", name)}
    source = _MEMBER / "src"
    assert code == {
        str(path.relative_to(source))
        for path in (source / "lethe" / "receipts").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
