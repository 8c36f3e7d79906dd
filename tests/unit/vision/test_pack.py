"""Packs are believed only as far as their hashes go."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.support.packs import default_pack

from lethe.contracts.errors import InvalidInput
from lethe.vision.errors import UnusablePack, WrongModelHash
from lethe.vision.loading import open_pack
from lethe.vision.pack import list_packs, load_pack
from lethe.vision.scores import PROVISIONAL


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(default_pack().folder, tmp_path / "pack")
    return tmp_path / "pack"


def change(folder: Path, **changes: Any) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


def test_the_digest_is_the_hash_of_the_manifest(folder: Path) -> None:
    expected = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    assert load_pack(folder).digest == expected


def test_the_default_pack_states_licences_length_and_a_provisional_calibration() -> None:
    pack = default_pack()
    assert pack.manifest.detector.licence == "MIT"
    assert pack.manifest.embedder.licence == "Apache-2.0"
    assert pack.template_length == 128
    assert pack.score_map == PROVISIONAL
    assert pack.score_map.provisional


@pytest.mark.parametrize("name", ["yunet.onnx", "sface.onnx"])
def test_one_flipped_bit_in_a_model_is_refused_by_one_line_that_says_what_to_do(
    folder: Path, name: str
) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(WrongModelHash) as caught:
        load_pack(folder)
    message = str(caught.value)
    assert name in message
    assert "run `lethe models build`" in message
    assert "\n" not in message
    assert isinstance(caught.value, InvalidInput)


def test_a_missing_model_is_refused(folder: Path) -> None:
    (folder / "sface.onnx").unlink()
    with pytest.raises(WrongModelHash, match=r"sface\.onnx is missing"):
        load_pack(folder)


def test_a_folder_without_a_manifest_is_no_pack(tmp_path: Path) -> None:
    with pytest.raises(UnusablePack, match="run `lethe models build`"):
        load_pack(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"template_length": "many"},
        {"surprise": 1},
        {"calibration": {"provisional": True, "knots": [[0, 1], [1, 0]]}},
    ],
)
def test_a_manifest_that_is_not_one_is_refused(folder: Path, changes: dict[str, Any]) -> None:
    change(folder, **changes)
    with pytest.raises(UnusablePack, match="is no model manifest"):
        load_pack(folder)


def test_a_pack_with_a_calibration_of_its_own_is_refused(folder: Path) -> None:
    change(folder, calibration={"provisional": False, "knots": [[-1, 0], [0.4, 0.6], [1, 1]]})
    with pytest.raises(UnusablePack, match="calibration of its own, which isn't used yet"):
        load_pack(folder)


def test_a_manifest_cannot_reach_out_of_its_folder(folder: Path) -> None:
    detector = json.loads((folder / "manifest.json").read_text())["detector"]
    change(folder, detector=detector | {"file": "../pack/yunet.onnx"})
    with pytest.raises(UnusablePack, match="is no model manifest"):
        load_pack(folder)


def test_a_model_that_makes_other_templates_than_its_manifest_says_is_refused(
    folder: Path,
) -> None:
    change(folder, template_length=512)
    with pytest.raises(UnusablePack, match="makes templates of 128 values"):
        open_pack(folder)


def test_a_file_that_is_no_model_is_refused_though_its_hash_is_right(folder: Path) -> None:
    (folder / "yunet.onnx").write_bytes(b"no model")
    detector = json.loads((folder / "manifest.json").read_text())["detector"]
    change(folder, detector=detector | {"sha256": hashlib.sha256(b"no model").hexdigest()})
    with pytest.raises(UnusablePack, match="doesn't load"):
        open_pack(folder)


def test_packs_are_listed_by_name(folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "another")
    assert [pack.folder.name for pack in list_packs(folder.parent)] == ["another", "pack"]
