"""The digest that a log begins with is of all files of the installation and of nothing else."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import lethe
from lethe.shredding import software
from lethe.shredding.software import software_digest

_PURGE, _RECEIPTS = "site/purge/slots.py", "member/receipts/version.py"


@pytest.fixture(name="place")
def place_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install two members of a workspace, apart from each other."""
    for name, content in ((_PURGE, "SLOTS = 200\n"), (_RECEIPTS, 'VERSION = "1.4.0"\n')):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(content)
    installed = SimpleNamespace(__path__=[str(tmp_path / "site"), str(tmp_path / "member")])
    monkeypatch.setattr(software, "import_module", {"lethe": installed}.__getitem__)
    return tmp_path


def _moved(place: Path) -> None:
    (place / _PURGE).rename(place / "site" / "purge" / "slot.py")


def _exchanged(place: Path) -> None:
    one, other = place / _PURGE, place / _RECEIPTS
    before = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(before)


@pytest.mark.parametrize(
    "change",
    [
        lambda place: (place / _PURGE).write_text("SLOTS = 201\n"),
        lambda place: (place / _RECEIPTS).write_text('VERSION = "1.4.1"\n'),
        lambda place: (place / _RECEIPTS).unlink(),
        lambda place: (place / "site" / "purge" / "more.py").touch(),
        lambda place: (place / "member" / "receipts" / "data.json").touch(),
        _moved,
        _exchanged,
    ],
    ids=["content", "version", "gone", "added", "added-data", "moved", "exchanged"],
)
def test_another_file_is_another_software(place: Path, change: Callable[[Path], object]) -> None:
    before = software_digest()
    change(place)
    assert software_digest() != before


def test_what_python_leaves_there_and_where_it_lies_make_no_difference(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = software_digest()
    for left in ("site/purge/__pycache__/slots.pyc", "member/receipts/node_modules/x.js"):
        (place / left).parent.mkdir()
        (place / left).write_text(left)
    assert software_digest() == before
    elsewhere = place.rename(place.with_name("elsewhere"))
    folders = [str(elsewhere / "member"), str(elsewhere / "site")]
    installed = SimpleNamespace(__path__=folders)
    monkeypatch.setattr(software, "import_module", {"lethe": installed}.__getitem__)
    assert software_digest() == before


def test_it_is_of_this_installation_and_of_every_member_in_it() -> None:
    names = {name for name, _ in software._files()}
    for path in map(Path, lethe.__path__):
        sources = {str(each.relative_to(path)) for each in path.rglob("*.py")}
        assert sources <= names
    assert {"shredding/software.py", "receipts/rules.py", "shredding/killswitch.py"} <= names
    assert len(bytes.fromhex(software_digest())) == 32
