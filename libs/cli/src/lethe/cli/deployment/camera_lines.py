"""A camera in words, for whoever signs that it films so."""

from collections.abc import Iterator, Sequence

from lethe.contracts.cameras import Point
from lethe.contracts.orders import CameraAssigned

_SAID_APART = {"camera_id", "deployment_id", "source", "secret", "masks", "zone", "withdrawn"}
_IN_WORDS = {True: "on", False: "off"}


def lines_of_camera(camera: CameraAssigned) -> Iterator[str]:
    """Yield what is looked at: the source and how it is read, what is masked, where faces count."""
    name = f"camera {camera.camera_id}"
    login = "" if camera.secret is None else f", logged in with the secret {camera.secret}"
    yield f"{name}: {camera.source}{login}"
    settings = camera.model_dump(mode="json", exclude=_SAID_APART).items()
    yield f"{name} is read with {', '.join(_setting(*each) for each in settings)}"
    if not camera.masks:
        yield f"{name} has no mask: all of the picture is looked at"
    for mask in camera.masks:
        yield f"{name} never looks at {_corners(mask)}"
    where = "the whole picture" if camera.zone is None else _corners(camera.zone)
    yield f"{name} looks for faces in {where}"


def _setting(setting: str, value: object) -> str:
    return f"{setting} {_IN_WORDS[value] if isinstance(value, bool) else value}"


def _corners(outline: Sequence[Point]) -> str:
    """Return the corners in turn, in shares of the picture from its upper left."""
    return " ".join(f"{corner.x:g},{corner.y:g}" for corner in outline)
