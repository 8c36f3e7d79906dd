"""Whom a command wants to list, with which images, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Verdict(StrEnum):
    """What a fault comes to."""

    IMAGE = "image rejected"
    ROW = "row rejected"
    FLAG = "flagged"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table lists somebody.

    Attributes
    ----------
    line
        As an editor counts them, from 1.
    number
        The reference number; personal.
    """

    line: int
    number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an image, a folder or a row can't be used.

    Attributes
    ----------
    file
        The image or folder as the user knows it; empty for a row.
    place
        None where there is no table.
    """

    file: str
    why: str
    place: Place | None = None
    verdict: Verdict = Verdict.IMAGE


@dataclass(frozen=True, slots=True)
class Picture:
    """One image of somebody. The bytes are read again when they are sent.

    Attributes
    ----------
    shown
        Its path as the user knows it: within the folder.
    """

    path: Path
    shown: str
    image_sha256: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be listed.

    Attributes
    ----------
    details
        As the API takes them.
    """

    details: Mapping[str, object] = field(repr=False)
    pictures: tuple[Picture, ...]
    place: Place | None = None

    @property
    def number(self) -> str:
        """The reference number."""
        return str(self.details["reference_number"])


@dataclass(slots=True)
class People:
    """What a folder or a table yielded.

    Attributes
    ----------
    listed
        Who can be enrolled, as far as can be told without looking for faces.
    faults
        What can't, in the order of the folder or the table.
    """

    folder: Path
    listed: list[Person] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def images(self) -> int:
        """How many images there are."""
        return sum(len(person.pictures) for person in self.listed)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A reference: what an order's hash is over."""

    subject_id: str
    image_sha256: str
