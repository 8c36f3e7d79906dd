"""From a folder to a detector and an embedder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lethe.vision.halt import Halt
from lethe.vision.insightface_pack import InsightFaceEmbedder
from lethe.vision.pack import ModelPack, load_pack
from lethe.vision.sface import SFaceEmbedder
from lethe.vision.yunet import DetectorSettings, YuNetDetector

if TYPE_CHECKING:
    from pathlib import Path

    from lethe.vision.ports import Detector, Embedder


def open_pack(
    path: Path,
    *,
    threads: int = 1,
    settings: DetectorSettings | None = None,
    licence_accepted: bool = False,
) -> tuple[Detector, Embedder]:
    """Check a pack and open its models.

    Both keep working buffers: open one pair per thread.

    Parameters
    ----------
    path
        The folder of the pack.
    threads
        Threads of each session.
    settings
        How the detector is run.
    licence_accepted
        Whether somebody accepted a licence that isn't a free one; the default pack needs none.

    Raises
    ------
    UnusablePack, WrongModelHash
        As `lethe.vision.pack.load_pack`.
    LicenceNotAccepted
        The pack holds a model whose licence must be accepted first.
    """
    pack = load_pack(path)
    return (
        open_detector(pack, threads=threads, settings=settings),
        open_embedder(pack, threads=threads, licence_accepted=licence_accepted),
    )


def open_detector(
    pack: ModelPack,
    *,
    threads: int = 1,
    settings: DetectorSettings | None = None,
    halt: Halt | None = None,
) -> Detector:
    """Open the detector of a checked pack; `halt` ends what it does midway."""
    return YuNetDetector(pack.detector_path, threads=threads, settings=settings, halt=halt)


def open_embedder(
    pack: ModelPack,
    *,
    threads: int = 1,
    licence_accepted: bool = False,
    halt: Halt | None = None,
) -> Embedder:
    """Open the embedder of a checked pack, through InsightFace where its manifest says so.

    `halt` ends what it does midway.
    """
    entry = pack.manifest.embedder
    if entry.kind == "insightface":
        return InsightFaceEmbedder(
            pack.embedder_path,
            template_length=pack.template_length,
            licence=entry.licence,
            licence_accepted=licence_accepted,
            threads=threads,
            halt=halt,
        )
    return SFaceEmbedder(
        pack.embedder_path, template_length=pack.template_length, threads=threads, halt=halt
    )
