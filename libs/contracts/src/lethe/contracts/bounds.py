"""How long a name and how large a count may be: what is written down for good must fit."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST_NAME = 200
_COUNT_LIMIT = 2**31
_TIME_LIMIT = 2**60
"""Times beyond it are forged: they must be refused before anything is computed with them."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("unprintable_name", "it holds characters that can't be printed")
    return text


Name = Annotated[str, Field(max_length=LONGEST_NAME), AfterValidator(_printable)]
"""What people or services named: a deployment, a camera, an instance."""

Count = Annotated[int, Field(ge=0, lt=_COUNT_LIMIT)]
"""How many of something one message tells of; sums of many stay exact in every reader of JSON."""

ClockTime = Annotated[int, Field(ge=-_TIME_LIMIT, lt=_TIME_LIMIT)]
"""Microseconds on a clock, as somebody says."""

WallTime = Annotated[int, Field(ge=0, lt=_TIME_LIMIT)]
"""UTC in microseconds since 1970."""

MOST_IN_SLOT = 256
"""Numbers under which records of one slot are sealed are below this."""

InSlot = Annotated[int, Field(ge=0, lt=MOST_IN_SLOT)]
"""The number of a single-use key within its slot."""
