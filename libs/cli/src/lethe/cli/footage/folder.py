"""Footage folders: written beside their place and renamed into it, complete or not at all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from lethe.cli.footage.errors import FootageUnavailable
from lethe.cli.footage.render import render_camera
from lethe.cli.footage.script import FRAMES_PER_S, HEIGHT_PX, WIDTH_PX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lethe.cli.footage.cast import Person
    from lethe.cli.footage.render import Camera

# Raised whenever the pictures change, so that old footage is rendered again.
RENDERER_VERSION = 1

SCRIPT_NAME = "script.json"
WATCHLIST_NAME = "watchlist"


def publish(
    folder: Path, cameras: Callable[[], Sequence[Camera]], *, recipe: Mapping[str, int]
) -> Path:
    """Render cameras into a folder, unless it is complete already.

    Parameters
    ----------
    folder
        Replaced only when it is missing, empty, or footage of another renderer or recipe.
    cameras
        Called only when there is something to render.
    recipe
        What decides the pictures (seed, numbers of people); recorded in the script, so that
        another recipe means another rendering.

    Raises
    ------
    FootageUnavailable
        The folder holds something that isn't footage, or can't be written.
    """
    if _is_current(folder, recipe):
        return folder
    if folder.exists() and not _may_replace(folder):
        raise FootageUnavailable(f"{folder} holds other files: name a new or an empty folder")
    scripted = cameras()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
            made = Path(name) / "made"
            made.mkdir()
            _write(made, scripted, recipe)
            if folder.exists():
                folder.rename(Path(name) / "old")
            made.rename(folder)
    except OSError as error:
        raise FootageUnavailable(
            f"footage can't be written to {folder} ({error.strerror or type(error).__name__}): "
            "make room there or choose another folder"
        ) from error
    return folder


def _write(folder: Path, cameras: Sequence[Camera], recipe: Mapping[str, int]) -> None:
    for camera in cameras:
        render_camera(camera, folder)
    listed = {one.person.name: one.person for camera in cameras for one in camera.passes}
    for person in listed.values():
        _write_references(folder / WATCHLIST_NAME, person)
    script = {
        "renderer": RENDERER_VERSION,
        "recipe": dict(recipe),
        "fps": FRAMES_PER_S,
        "width": WIDTH_PX,
        "height": HEIGHT_PX,
        "cameras": {camera.name: camera.describe() for camera in cameras},
    }
    (folder / SCRIPT_NAME).write_text(json.dumps(script, indent=1) + "\n", encoding="utf-8")


def _write_references(folder: Path, person: Person) -> None:
    """One image is a file, several are a sub-folder, as `lethe watch --watchlist` reads them."""
    if not person.references:
        return
    single = len(person.references) == 1
    target = folder if single else folder / person.name
    target.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(person.references, start=1):
        name = person.name if single else str(number)
        done, encoded = cv2.imencode(".png", image)
        if not done:
            raise FootageUnavailable(f"the reference of {person.name} can't be encoded")
        (target / f"{name}.png").write_bytes(encoded.tobytes())


def _read_script(folder: Path) -> dict[str, Any] | None:
    try:
        script = json.loads((folder / SCRIPT_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return script if isinstance(script, dict) else None


def _is_current(folder: Path, recipe: Mapping[str, int]) -> bool:
    script = _read_script(folder)
    if script is None or script.get("renderer") != RENDERER_VERSION:
        return False
    if script.get("recipe") != dict(recipe):
        return False
    return (folder / WATCHLIST_NAME).is_dir() and all(
        (folder / camera["file"]).is_file() for camera in script["cameras"].values()
    )


def _may_replace(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    script = _read_script(folder)
    return (script is not None and "renderer" in script) or not any(folder.iterdir())
