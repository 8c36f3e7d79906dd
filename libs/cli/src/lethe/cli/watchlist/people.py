"""Whom a command wants to list, with which images, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an image or a folder can't be used.

    Attributes
    ----------
    file
        The image or folder as the user knows it.
    """

    file: str
    why: str


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
