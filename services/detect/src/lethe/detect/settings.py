"""Settings of detect."""

from pathlib import Path

from pydantic import Field

from lethe.contracts.cameras import MOST_FRAME_PIXELS
from lethe.runtime.settings import ServiceSettings


class DetectSettings(ServiceSettings):
    """What detect needs beyond what every service needs."""

    model_pack: Path = Field(
        title="Model pack", description="Folder with a manifest, a detector and an embedder."
    )
    model_licence_accepted: bool = Field(
        default=False,
        title="Model licence",
        description="Whether the licence of a pack that isn't free was accepted.",
    )
    tracking: bool = Field(
        default=True,
        title="Tracking",
        description="Follow faces and embed the best shots of each, not every face of every frame.",
    )
    workers: int = Field(
        default=2, ge=1, title="Workers", description="Frames that are processed at a time."
    )
    queue_frames: int = Field(
        default=24,
        ge=1,
        title="Queue",
        description="Sealed frames that may wait per partition; the oldest expires beyond it.",
    )
    max_frame_pixels: int = Field(
        default=MOST_FRAME_PIXELS,
        ge=1,
        title="Frame size",
        description="Pixels of the largest frame.",
    )
    min_inter_ocular_px: float = Field(
        default=16.0, ge=8.0, title="Inter-ocular floor", description="Smaller faces are discarded."
    )
    min_detector_score: float = Field(
        default=0.7, ge=0.0, le=1.0, title="Detector floor", description="Least detector score."
    )
