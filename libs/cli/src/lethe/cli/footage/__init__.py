"""Demonstration and evaluation footage, rendered from still photographs at setup."""

from lethe.cli.footage.demonstration import DEFAULT_FOLDER, build_demonstration
from lethe.cli.footage.errors import FootageUnavailable
from lethe.cli.footage.lfw import build_evaluation

__all__ = ["DEFAULT_FOLDER", "FootageUnavailable", "build_demonstration", "build_evaluation"]
