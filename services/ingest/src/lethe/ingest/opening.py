"""From a camera's settings to its source, with the credentials that they name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lethe.ingest.sources import LiveAccess, Secrets, SourceUnavailable, open_source, parse_address

if TYPE_CHECKING:
    from pathlib import Path

    from lethe.contracts.orders import CameraAssigned
    from lethe.ingest.sources import Source


@dataclass(frozen=True, slots=True)
class SourceOpener:
    """Opens sources as this instance is set up to.

    Attributes
    ----------
    secrets
        Where the credentials of cameras lie.
    ca_file
        Certificates that vouch for cameras, beside the system's.
    pixels_only
        Whoever reads wants pixels: no JPEG is passed on as it came.
    """

    secrets: Secrets = field(default_factory=lambda: Secrets(None))
    ca_file: Path | None = None
    pixels_only: bool = False

    def open(self, camera: CameraAssigned) -> Source:
        """Choose the source of a camera; see `open_source`."""
        name, secrets = camera.secret, self.secrets
        access = LiveAccess(
            login=lambda: None if name is None else secrets.credentials(name),
            transport=camera.transport,
            ca_file=self.ca_file,
            # Masks are blanked in pixels.
            whole_jpeg=not (self.pixels_only or camera.masks),
        )
        return open_source(
            camera.source,
            loop=camera.loop,
            max_fps=camera.max_fps,
            max_width=camera.max_width,
            follow=camera.follow,
            access=access,
        )


def is_live(camera: CameraAssigned) -> bool:
    """Tell whether a camera's pictures come at their own pace, whatever its settings say."""
    try:
        return camera.follow or parse_address(camera.source).is_live
    except SourceUnavailable:
        # Opening it says what is wrong.
        return False
