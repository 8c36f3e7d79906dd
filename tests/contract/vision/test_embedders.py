"""What every embedder keeps, held against each adapter, and that they agree with each other."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.support.images import astronaut, group_photo
from tests.support.packs import default_pack

from lethe.vision.align import CROP_SHAPE, align_into
from lethe.vision.errors import LicenceNotAccepted, UnusablePack
from lethe.vision.insightface_pack import InsightFaceEmbedder
from lethe.vision.loading import open_detector, open_embedder, open_pack
from lethe.vision.ports import Embedder
from lethe.vision.refine import LandmarkRefiner
from lethe.vision.sface import SFaceEmbedder


@pytest.fixture(scope="module")
def insightface_pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the default pack, told to open its embedder through InsightFace."""
    folder = tmp_path_factory.mktemp("packs") / "pack"
    shutil.copytree(default_pack().folder, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["embedder"]["kind"] = "insightface"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module", params=["sface", "insightface"])
def embedder(request: pytest.FixtureRequest, insightface_pack: Path) -> Embedder:
    folder = default_pack().folder if request.param == "sface" else insightface_pack
    _, embedder = open_pack(folder)
    kind = SFaceEmbedder if request.param == "sface" else InsightFaceEmbedder
    assert isinstance(embedder, kind)
    return embedder


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Give the aligned crops of all seven faces."""
    detector = open_detector(default_pack())
    refiner = LandmarkRefiner(detector)
    found = [
        (image, refiner.refine(image, face))
        for image in (astronaut(), group_photo())
        for face in detector.detect(image)
    ]
    crops = np.empty((len(found), *CROP_SHAPE), np.uint8)
    for crop, (image, face) in zip(crops, found, strict=True):
        align_into(image, face, crop)
    assert len(crops) == 7
    return crops


def templates_of(embedder: Embedder, crops: np.ndarray) -> np.ndarray:
    out = np.full((len(crops), embedder.template_length), np.nan, np.float32)
    embedder.embed(crops, out)
    return out


def test_every_template_has_the_length_1(embedder: Embedder, crops: np.ndarray) -> None:
    templates = templates_of(embedder, crops)
    np.testing.assert_allclose((templates**2).sum(axis=1), 1, atol=1e-5)


def test_a_template_does_not_depend_on_its_neighbours(
    embedder: Embedder, crops: np.ndarray
) -> None:
    together = templates_of(embedder, crops)
    alone = np.concatenate([templates_of(embedder, crops[i : i + 1]) for i in range(len(crops))])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_seven_people_are_seven_people(embedder: Embedder, crops: np.ndarray) -> None:
    templates = templates_of(embedder, crops)
    crossed = np.einsum("il,jl->ij", templates, templates)
    assert (crossed - np.eye(7)).max() <= 0.30


def test_no_crops_are_no_work(embedder: Embedder) -> None:
    assert templates_of(embedder, np.empty((0, *CROP_SHAPE), np.uint8)).shape == (0, 128)


def test_too_few_places_for_the_templates_are_a_mistake(
    embedder: Embedder, crops: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="zip"):
        embedder.embed(crops, np.empty((6, embedder.template_length), np.float32))


def test_the_crops_stay_as_they_were(embedder: Embedder, crops: np.ndarray) -> None:
    before = crops.copy()
    templates_of(embedder, crops)
    np.testing.assert_array_equal(crops, before)


def test_both_give_the_same_templates(insightface_pack: Path, crops: np.ndarray) -> None:
    own = templates_of(open_embedder(default_pack()), crops)
    _, other = open_pack(insightface_pack)
    theirs = templates_of(other, crops)
    assert np.einsum("il,il->i", own, theirs).min() >= 0.9999
    np.testing.assert_allclose(own, theirs, atol=1e-4)


def test_the_own_embedder_keeps_neither_crop_nor_template(crops: np.ndarray) -> None:
    embedder = open_embedder(default_pack())
    assert isinstance(embedder, SFaceEmbedder)
    templates_of(embedder, crops)
    memory = embedder._memory
    assert not memory.array((memory.size_bytes,), np.uint8).any()


def test_weights_under_another_than_a_free_licence_ask_for_acceptance() -> None:
    path = default_pack().embedder_path

    def opened(*, accepted: bool) -> InsightFaceEmbedder:
        return InsightFaceEmbedder(
            path, template_length=128, licence="research only", licence_accepted=accepted
        )

    with pytest.raises(LicenceNotAccepted, match="'research only': accept it"):
        opened(accepted=False)
    assert opened(accepted=True).template_length == 128


def test_a_detector_is_no_embedder() -> None:
    path = default_pack().detector_path
    with pytest.raises(UnusablePack, match=r"yunet\.onnx"):
        InsightFaceEmbedder(path, template_length=128, licence="MIT")


def test_templates_of_another_length_than_stated_are_refused() -> None:
    path = default_pack().embedder_path
    with pytest.raises(UnusablePack, match="templates of 512 values"):
        InsightFaceEmbedder(path, template_length=512, licence="Apache-2.0")
