"""The model pack that the tests run on."""

from functools import cache
from pathlib import Path

from lethe.vision.build import DEFAULT_PACK_FOLDER, ensure_default_pack
from lethe.vision.pack import ModelPack

_PROJECT_ROOT = Path(__file__).resolve().parents[2]


@cache
def default_pack() -> ModelPack:
    """Give the default pack of the project, which is built once if it isn't there."""
    return ensure_default_pack(_PROJECT_ROOT / DEFAULT_PACK_FOLDER)
