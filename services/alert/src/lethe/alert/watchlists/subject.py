"""Who is on a watchlist, and why: a subject's details, and where they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Protocol, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from lethe.alert.vault import SealedBlob

MOST_MARKERS = 20
_LINE = 200
_TEXT = 2_000


def _printable(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("unprintable", "it holds characters that can't be printed")
    return text


def _printable_lines(text: str) -> str:
    for line in text.splitlines():
        _printable(line.replace("\t", " "))
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LINE),
    AfterValidator(_printable),
]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=_TEXT),
    AfterValidator(_printable_lines),
]
GivenText = Annotated[Text, Field(min_length=1)]


class ImageOrigin(StrEnum):
    """Where the images of a subject come from."""

    CUSTODY = "custody"
    OTHER = "other"


class SubjectDetails(BaseModel):
    """What is known of a subject. Personal: it is stored sealed, and no repr or error shows it.

    Attributes
    ----------
    reference_number
        What the force's own records call the subject; one subject per number in a version.
    name
        A name or an alias.
    grounds
        Why the subject is on the list.
    instructions
        What an officer is to do.
    conditions
        What an officer checks, such as those of a court order.
    image_origin, image_note
        Where the images come from.
    review_on, expires_on
        When somebody looks again whether the subject belongs on the list; the last day on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    reference_number: Line
    name: Line
    category: Annotated[Line, Field(max_length=100)]
    grounds: GivenText
    instructions: Text = ""
    warning_markers: tuple[Line, ...] = Field(default=(), max_length=MOST_MARKERS)
    conditions: Text = ""
    is_child: bool = False
    is_vulnerable: bool = False
    image_origin: ImageOrigin = ImageOrigin.OTHER
    image_note: Text = ""
    review_on: date | None = None
    expires_on: date | None = None

    def __repr__(self) -> str:
        """Return nothing of them."""
        return "SubjectDetails()"

    __str__ = __repr__

    def has_expired(self, today: date) -> bool:
        """Tell whether the subject's last day on the list is over."""
        return self.expires_on is not None and self.expires_on < today

    def encode(self) -> bytes:
        """Return them as they are sealed."""
        return self.model_dump_json().encode()

    @classmethod
    def of_name(cls, name: str) -> "SubjectDetails":
        """Return what is known of a subject that was kept before there were details: a name."""
        return cls.model_construct(
            reference_number=name, name=name, category="other", grounds="not recorded"
        )


@dataclass(frozen=True, slots=True)
class Flags:
    """What an officer is to beware of, before they read anything else of a subject."""

    is_child: bool = False
    is_vulnerable: bool = False
    warning_markers: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, details: SubjectDetails) -> Self:
        """Return those of a subject's details."""
        return cls(details.is_child, details.is_vulnerable, details.warning_markers)


NO_FLAGS = Flags()


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of one watchlist version.

    Attributes
    ----------
    subject_id
        Random: topics, alerts and receipts carry it, and nothing of the details.
    place
        Its place on the list.
    revision
        Rises with every change of the details.
    """

    watchlist_id: str
    subject_id: str
    place: int
    revision: int
    details: SubjectDetails = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedSubject:
    """A subject as it is stored.

    Attributes
    ----------
    number_tag
        Stands for the reference number: equal for equal numbers of one version, and telling
        nothing without its key.
    bound
        What the details are sealed as.
    place
        0 before it is added.
    """

    watchlist_id: str
    subject_id: str
    number_tag: str
    bound: str
    details: SealedBlob
    place: int = 0
    revision: int = 1


def subject_bound(watchlist_id: str, subject_id: str) -> str:
    """Return what the details of a subject are sealed as."""
    return f"subject:{watchlist_id}:{subject_id}"


class SubjectStore(Protocol):
    """Where subjects are kept. Every writing method returns after its commit."""

    async def find(self, watchlist_id: str, subject_id: str) -> SealedSubject | None:
        """Return one subject."""
        ...

    async def numbered(self, watchlist_id: str, number_tag: str) -> SealedSubject | None:
        """Return the subject of a reference number."""
        ...

    async def after(self, watchlist_id: str, place: int, limit: int) -> Sequence[SealedSubject]:
        """Return subjects whose place is behind one, in their order."""
        ...

    async def count(self, watchlist_id: str) -> int:
        """Return how many there are."""
        ...

    async def change(self, subject: SealedSubject, revision: int) -> bool:
        """Store other details, unless the revision is no longer that; tell whether it was."""
        ...

    async def remove(self, watchlist_id: str, subject_id: str) -> None:
        """Remove a subject with its references."""
        ...
