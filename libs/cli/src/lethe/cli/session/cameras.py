"""The cameras of a run: named on the command line, or described in camera files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lethe.cli.session.camera_faults import first_fault
from lethe.cli.toml_file import read_toml
from lethe.contracts.cameras import (
    MOST_MASKS,
    MaxRate,
    MaxWidth,
    Polygon,
    SecretName,
    Source,
    Transport,
)
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned

_LARGEST_FILE = 1024 * 1024
_HINT = 'write tables such as [gate] with lines such as source = "hall.mp4"'
_CameraId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class CameraSettings(BaseModel):
    """What may be said of a camera; the fields are those of `CameraAssigned`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    source: Source
    secret: SecretName | None = None
    transport: Transport = Transport.TCP
    follow: bool = False
    max_fps: MaxRate = 12.0
    max_width: MaxWidth = 1280
    jpeg_quality: int = Field(default=85, ge=1, le=100)
    masks: list[Polygon] = Field(default_factory=list, max_length=MOST_MASKS)
    zone: Polygon | None = None


@dataclass(frozen=True, slots=True)
class PlannedCamera:
    """A camera of a run, before there is an order that names it."""

    camera_id: str
    settings: CameraSettings

    def assigned(
        self, deployment_id: str, *, realtime: bool = True, loop: bool = False
    ) -> CameraAssigned:
        """Return the camera as ingest is told of it."""
        return CameraAssigned(
            camera_id=self.camera_id,
            deployment_id=deployment_id,
            realtime=realtime,
            loop=loop,
            **self.settings.model_dump(),
        )


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the command line says about sources.

    Attributes
    ----------
    sources
        Each is a camera of its own: camera-1, camera-2 and so on.
    files
        Camera files, each with one camera or more.
    secret, transport, follow
        Of every camera in `sources`.
    """

    sources: tuple[str, ...]
    files: tuple[Path, ...] = ()
    secret: str | None = None
    transport: Transport = Transport.TCP
    follow: bool = False

    def cameras(self) -> list[PlannedCamera]:
        """Return every camera that is named.

        Raises
        ------
        InvalidInput
            If there is none, one is wrong, or two have one name.
        """
        if not self.sources and not self.files:
            raise InvalidInput("no source is named: give a SOURCE, or a camera file with --camera")
        planned = [
            PlannedCamera(f"camera-{number}", self._settings(source))
            for number, source in enumerate(self.sources, start=1)
        ]
        for file in self.files:
            planned += read_camera_file(file)
        names = [camera.camera_id for camera in planned]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidInput(f"two cameras are called {twice}: give each a name of its own")
        return planned

    def _settings(self, source: str) -> CameraSettings:
        is_address = "://" in source and not source.lower().startswith("file:")
        try:
            return CameraSettings(
                source=source,
                secret=self.secret if is_address else None,
                transport=self.transport,
                follow=self.follow and Path(source).is_dir(),
            )
        except ValidationError as error:
            raise InvalidInput(first_fault(error, CameraSettings.model_fields)) from None


def read_camera_file(file: Path) -> list[PlannedCamera]:
    """Read a TOML file with a table per camera, named as the camera.

    A path among the sources is taken relative to the file.

    Raises
    ------
    InvalidInput
        One line that says what is wrong and where.
    """
    try:
        tables = read_toml(file, _LARGEST_FILE, _HINT)
    except OSError as error:
        raise InvalidInput(
            f"{file} can't be read ({error.strerror}): name a camera file with --camera"
        ) from None
    cameras = [_camera(file, name, table) for name, table in tables.items()]
    if not cameras:
        raise InvalidInput(f"{file} has no camera: write a table such as [gate] with a source")
    return cameras


def _camera(file: Path, name: str, table: Any) -> PlannedCamera:
    if not isinstance(table, dict):
        raise InvalidInput(f"{file}: {name} stands outside a table: write [camera-name] above it")
    try:
        TypeAdapter(_CameraId).validate_python(name)
    except ValidationError:
        raise InvalidInput(
            f"{file}: [{name}] is no name for a camera: use letters, digits, dot, dash, underscore"
        ) from None
    try:
        settings = CameraSettings.model_validate(table)
    except ValidationError as error:
        raise InvalidInput(
            f"{file}: [{name}] {first_fault(error, CameraSettings.model_fields)}"
        ) from None
    if "://" in settings.source or settings.source.isdecimal():
        return PlannedCamera(name, settings)
    beside = str(file.parent / Path(settings.source).expanduser())
    return PlannedCamera(name, settings.model_copy(update={"source": beside}))
