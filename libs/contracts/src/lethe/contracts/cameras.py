"""Cameras: where their pictures come from, and which parts of the picture count."""

import re
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

MOST_FRAME_PIXELS = 1920 * 1088
"""What ingest sends at most and detect has room for."""

LONGEST_SIDE_PX = 4096
MOST_CORNERS = 64
MOST_MASKS = 32
_SMALLEST_AREA = 1e-4
CREDENTIALS_HINT = (
    "the source's address holds a password: leave it out, put user:password into a file of the "
    "secrets folder, and name that file as the camera's secret"
)
"""What to do about an address with credentials in it; it repeats nothing of the address."""

_AUTHORITY = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/+([^/?#]*)")
_CREDENTIAL_WORDS = (
    "password|passwd|passphrase|pwd|pass|psw|loginpas|loginpass|secret|token|access_token|"
    "apikey|api_key|key|sig|signature|auth"
)
_QUERY_CREDENTIAL = re.compile(
    rf"(?i)(?:^|[?&;/_])(?:{_CREDENTIAL_WORDS})=(?!\{{password\}})[^&;/]"
)

CREDENTIALS_ERROR = "credentials_in_source"
"""The type of the validation error of an address with credentials in it."""


class Transport(StrEnum):
    """How RTSP brings its pictures."""

    TCP = "tcp"
    UDP = "udp"


class Point(NamedTuple):
    """A point of the picture: 0, 0 is its upper left corner, 1, 1 its lower right one."""

    x: Annotated[float, Field(ge=0, le=1)]
    y: Annotated[float, Field(ge=0, le=1)]


def holds_credentials(address: str) -> bool:
    """Tell whether an address carries a password or something that looks like one.

    User information before the host counts, and so does a `password=` or the like behind it,
    unless its value is the placeholder `{password}`. A path of this machine never does.
    """
    authority = _AUTHORITY.match(address)
    if authority is None:
        return False
    rest = address[authority.end() :]
    return "@" in authority[1] or _QUERY_CREDENTIAL.search(rest) is not None


def _without_credentials(source: str) -> str:
    if holds_credentials(source):
        raise PydanticCustomError(CREDENTIALS_ERROR, CREDENTIALS_HINT)
    return source


def _plain_outline(corners: list[Point]) -> list[Point]:
    following = [*corners[1:], corners[0]]
    doubled = sum(a.x * b.y - b.x * a.y for a, b in zip(corners, following, strict=True))
    if abs(doubled) < 2 * _SMALLEST_AREA:
        raise PydanticCustomError("polygon_without_area", "the corners span no area")
    edges = list(zip(corners, following, strict=True))
    if any(_meet(edges[i], edges[j]) for i in range(len(edges)) for j in _apart(i, len(edges))):
        # Filled by the even-odd rule, part of such a mask would stay visible.
        raise PydanticCustomError(
            "polygon_crosses_itself",
            "the outline crosses or touches itself: name its corners in turn",
        )
    return corners


def _apart(edge: int, count: int) -> range:
    """Return the later edges that share no corner with an edge of a closed outline."""
    return range(edge + 2, count - (edge == 0))


def _meet(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    """Tell whether two edges have a point in common."""
    (a, b), (c, d) = first, second
    sides = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    lies_on = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(side == 0 and _within(*points) for side, points in zip(sides, lies_on, strict=True))


def _side(a: Point, b: Point, c: Point) -> float:
    return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)


def _within(a: Point, b: Point, c: Point) -> bool:
    across = min(a.x, b.x) <= c.x <= max(a.x, b.x)
    return across and min(a.y, b.y) <= c.y <= max(a.y, b.y)


Polygon = Annotated[
    list[Point],
    Field(min_length=3, max_length=MOST_CORNERS),
    AfterValidator(_plain_outline),
]
"""Corners in order, in shares of the picture's width and height; it closes by itself."""

Source = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_without_credentials)]
"""The address of a camera, without credentials."""

MaxRate = Annotated[float, Field(gt=0, le=60)]
"""Frames a second at most; there may be fewer, and less than one."""

MaxWidth = Annotated[int, Field(ge=64, le=1920)]
"""Pixels; wider pictures are made smaller."""

SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""The name of a file in the secrets folder."""
