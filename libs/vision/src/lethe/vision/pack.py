"""Model packs: a folder with a manifest and the models that it names, each checked by its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from lethe.vision.errors import UnusablePack, WrongModelHash
from lethe.vision.scores import PROVISIONAL, ScoreMap

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST_NAME = "manifest.json"
_CHUNK_BYTES = 1 << 20

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# A bare name: a manifest must not reach out of its folder.
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InputConvention(_Strict):
    """What a model expects of its input tensor."""

    layout: Literal["NCHW"]
    channels: Literal["BGR", "RGB"]
    value_range: tuple[float, float]
    size: tuple[int, int] | None = None
    multiple_of: int | None = None


class DetectorEntry(_Strict):
    """The detector of a pack."""

    kind: Literal["yunet"]
    file: FileName
    sha256: Sha256
    licence: str
    source: str
    input: InputConvention
    output: str


class EmbedderEntry(_Strict):
    """The embedder of a pack."""

    kind: Literal["sface", "insightface"]
    file: FileName
    sha256: Sha256
    licence: str
    source: str
    input: InputConvention
    output: str


class Calibration(_Strict):
    """How a cosine becomes a score; see `lethe.vision.scores`."""

    provisional: bool
    knots: tuple[tuple[float, float], ...]


class Manifest(_Strict):
    """What a pack says of itself."""

    format: Literal[1]
    name: str
    version: str
    template_length: int
    detector: DetectorEntry
    embedder: EmbedderEntry
    calibration: Calibration


@dataclass(frozen=True)
class ModelPack:
    """A pack whose files have been checked.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        What it holds.
    digest
        SHA-256 of the manifest's bytes, in hexadecimal. Since the manifest names the hash of every
        file, it names the models, their conventions and the calibration as a whole.
    """

    folder: Path
    manifest: Manifest
    digest: str

    @property
    def name(self) -> str:
        """Name of the pack."""
        return self.manifest.name

    @property
    def template_length(self) -> int:
        """Number of float32 values in a template."""
        return self.manifest.template_length

    @property
    def detector_path(self) -> Path:
        """The detector's ONNX file."""
        return self.folder / self.manifest.detector.file

    @property
    def embedder_path(self) -> Path:
        """The embedder's ONNX file."""
        return self.folder / self.manifest.embedder.file

    @property
    def score_map(self) -> ScoreMap:
        """The pack's map from cosine to score."""
        calibration = self.manifest.calibration
        return ScoreMap(knots=calibration.knots, provisional=calibration.provisional)


def load_pack(path: Path) -> ModelPack:
    """Read a pack and check every file against its manifest.

    Raises
    ------
    UnusablePack
        There is no pack, or its manifest isn't one.
    WrongModelHash
        A file is missing or isn't the one that the manifest names.
    """
    try:
        data = (path / MANIFEST_NAME).read_bytes()
    except OSError:
        raise UnusablePack(f"no model pack in {path}: run `lethe models build`") from None
    try:
        manifest = Manifest.model_validate_json(data)
        pack = ModelPack(path, manifest, hashlib.sha256(data).hexdigest())
        score_map = pack.score_map
    except (ValidationError, ValueError):
        raise UnusablePack(
            f"{path / MANIFEST_NAME} is no model manifest: run `lethe models build`"
        ) from None
    if score_map != PROVISIONAL:
        # Scored by another map than its own, its scores would mean something else.
        raise UnusablePack(
            f"{path / MANIFEST_NAME} has a calibration of its own, which isn't used yet: only the "
            "provisional one is"
        )
    check_hash(pack.detector_path, manifest.detector.sha256)
    check_hash(pack.embedder_path, manifest.embedder.sha256)
    return pack


def list_packs(folder: Path) -> list[ModelPack]:
    """Give the packs in the sub-folders of `folder` by name; a broken one raises as `load_pack`."""
    return [load_pack(manifest.parent) for manifest in sorted(folder.glob(f"*/{MANIFEST_NAME}"))]


def check_hash(path: Path, expected: str) -> None:
    """Compare the SHA-256 of a file.

    Raises
    ------
    WrongModelHash
        The file is missing or another one.
    """
    try:
        found = sha256_of(path)
    except OSError:
        raise WrongModelHash(f"{path} is missing: run `lethe models build`") from None
    if found != expected:
        raise WrongModelHash(
            f"{path} has SHA-256 {found[:12]}..., not {expected[:12]}...: run `lethe models build`"
        )


def sha256_of(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
