"""What the scripts behind `make setup` and `make test` say on a machine that lacks something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_TOOLS = Path(__file__).parents[3] / "tools"
_IGNORED = shutil.ignore_patterns("*.py", "__pycache__", "node_modules")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Make a folder of commands without Python, chromium or a package manager."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "dirname", "env", "id", "rm"):
        found = shutil.which(name)
        assert found
        (commands / name).symlink_to(found)
    return commands


def told(script: str, commands: Path, content: str | None = None) -> tuple[int, list[str]]:
    """Run a copy of a script in a project of its own; give its exit code and error lines."""
    project = commands.parent / "project"
    shutil.copytree(_TOOLS, project / "tools", ignore=_IGNORED)
    if content is not None:
        (project / "tools" / script).write_text(content)
    ended = subprocess.run(
        [project / "tools" / script],
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    assert not (project / ".venv").exists()
    return ended.returncode, ended.stderr.splitlines()


@pytest.mark.parametrize("old", [False, True])
def test_without_a_fit_python_setup_says_so_in_one_line(bare: Path, *, old: bool) -> None:
    if old:
        # Every Python that is too old fails the question for its version.
        (bare / "python3").symlink_to(shutil.which("false") or os.devnull)
    code, (line,) = told("environment.sh", bare)
    assert code == 1
    assert line.startswith("setup: Python 3.11 or newer is needed")


def test_without_chromium_the_tests_say_how_to_get_it(bare: Path) -> None:
    code, (line,) = told("browser.sh", bare)
    assert code == 1
    assert "chromium is missing; install it" in line


def test_with_chromium_nothing_is_said(bare: Path) -> None:
    (bare / "chromium").symlink_to(shutil.which("true") or os.devnull)
    assert told("browser.sh", bare) == (0, [])


def test_without_npm_whoever_checks_the_pages_is_told_how_to_get_it(bare: Path) -> None:
    code, (line,) = told("web/install.sh", bare)
    assert code == 1
    assert "npm is missing; install it" in line


def test_without_postgresql_the_tests_say_how_to_get_it(bare: Path) -> None:
    project = bare.parent / "project"
    script = _TOOLS / "postgres.sh"
    elsewhere = script.read_text().replace("/usr/lib/postgresql", str(project / "none"))
    assert elsewhere != script.read_text()
    code, (line,) = told("postgres.sh", bare, elsewhere)
    assert code == 1
    assert "PostgreSQL is missing; install it" in line


def test_with_postgresql_nothing_is_said(bare: Path) -> None:
    (bare / "postgres").symlink_to(shutil.which("true") or os.devnull)
    assert told("postgres.sh", bare) == (0, [])


def test_without_uv_the_lock_is_left_alone_and_it_is_said(bare: Path) -> None:
    code, (line,) = told("lock.sh", bare)
    assert code == 1
    assert "uv is missing; install it" in line


@pytest.mark.parametrize("has_faces", [False, True])
def test_ci_says_when_the_harder_footage_cant_be_tested(
    bare: Path, tmp_path: Path, *, has_faces: bool
) -> None:
    (bare / "make").write_text('#!/usr/bin/env bash\necho "make $*"\n')
    (bare / "make").chmod(0o755)
    script = tmp_path / "project" / ".ci" / "run"
    script.parent.mkdir(parents=True)
    shutil.copy(_TOOLS.parent / ".ci" / "run", script)
    if has_faces:
        (tmp_path / "shared" / "data" / "lfw-dev").mkdir(parents=True)
    ended = subprocess.run(
        [script], env={"PATH": str(bare)}, capture_output=True, text=True, check=True
    )
    assert ("NOT tested" in ended.stdout) != has_faces
    assert "make test\n" in ended.stdout
    assert "make test-browser\n" in ended.stdout


@pytest.mark.parametrize("target", ["lint", "test", "test-browser", "test-scale", "test-kafka"])
def test_ci_fails_with_whatever_it_runs(bare: Path, tmp_path: Path, target: str) -> None:
    (bare / "make").write_text(f'#!/usr/bin/env bash\n[[ "$1" != {target} ]]\n')
    (bare / "make").chmod(0o755)
    script = tmp_path / "project" / ".ci" / "run"
    script.parent.mkdir(parents=True)
    shutil.copy(_TOOLS.parent / ".ci" / "run", script)
    ended = subprocess.run([script], env={"PATH": str(bare)}, capture_output=True, check=False)
    assert ended.returncode == 1


def test_without_a_security_module_the_tests_say_how_to_get_one(bare: Path) -> None:
    code, (line,) = told("softhsm.sh", bare)
    assert code == 1
    assert "SoftHSM is missing; install it" in line


def test_with_a_security_module_nothing_is_said(bare: Path) -> None:
    (bare / "softhsm2-util").symlink_to(shutil.which("true") or os.devnull)
    assert told("softhsm.sh", bare) == (0, [])
