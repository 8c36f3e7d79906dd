"""Cameras: where their pictures come from, and which parts of the picture count."""

import re
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

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


def _with_area(corners: list[Point]) -> list[Point]:
    following = [*corners[1:], corners[0]]
    doubled = sum(a.x * b.y - b.x * a.y for a, b in zip(corners, following, strict=True))
    if abs(doubled) < 2 * _SMALLEST_AREA:
        raise PydanticCustomError("polygon_without_area", "the corners span no area")
    return corners


Polygon = Annotated[
    list[Point],
    Field(min_length=3, max_length=MOST_CORNERS),
    AfterValidator(_with_area),
]
"""Corners in order, in shares of the picture's width and height; it closes by itself."""

Source = Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_without_credentials)]
"""The address of a camera, without credentials."""

SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""The name of a file in the secrets folder."""
