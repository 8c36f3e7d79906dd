"""Where somebody was going, as a camera sees it."""

from enum import StrEnum


class Heading(StrEnum):
    """The way somebody moves in a camera's picture; left and right are the picture's.

    Members keep their order: a probe carries the number of its place.
    """

    STANDING = "standing"
    LEFT = "left"
    RIGHT = "right"
    TOWARDS = "towards"
    TOWARDS_LEFT = "towards_left"
    TOWARDS_RIGHT = "towards_right"
    AWAY = "away"
    AWAY_LEFT = "away_left"
    AWAY_RIGHT = "away_right"
