"""The two pictures of people that the tests use; both come with installed packages."""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data


def astronaut() -> NDArray[np.uint8]:
    """Give NASA's portrait of Eileen Collins: one face, (512, 512, 3) uint8, BGR."""
    image: NDArray[np.uint8] = data.astronaut()  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(image[:, :, ::-1])


def resized(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Give a copy of an image of another width and height."""
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def scaled(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Give a copy of an image that is `scale` times as wide and high."""
    return resized(image, (round(image.shape[1] * scale), round(image.shape[0] * scale)))


def group_photo_path() -> Path:
    """Give the path of InsightFace's group photo, without importing InsightFace."""
    spec = find_spec("insightface")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / "images" / "t1.jpg"


def group_photo() -> NDArray[np.uint8]:
    """Give the group photo: six faces, (886, 1280, 3) uint8, BGR."""
    image = cv2.imread(str(group_photo_path()))
    assert image is not None
    return np.asarray(image, dtype=np.uint8)
