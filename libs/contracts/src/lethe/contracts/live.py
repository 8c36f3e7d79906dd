"""The live path: from a captured frame to a candidate list. No message here holds biometrics
in the clear.
"""

from enum import StrEnum

from pydantic import Field, field_validator

from lethe.contracts.base import Message
from lethe.contracts.bounds import MOST_IN_SLOT, ClockTime, Count, InSlot, Name
from lethe.contracts.headings import Heading
from lethe.contracts.instants import Instant


class CapturedFrame(Message):
    """One frame that was sealed: its number in the slot and when it left the source."""

    number: InSlot
    captured_boot_us: ClockTime


class SlotClosed(Message):
    """What one camera yielded while one slot key was the newest in hand.

    Attributes
    ----------
    slot
        None while no key was in hand.
    offered
        Frames that the source released: `offered = len(captured) + sum(dropped)`.
    dropped
        Frames that were not sealed, by reason.
    garbled
        Pictures that the source skipped since it was last told, because they couldn't be decoded:
        they were never offered.
    ended
        The source has come to its end and yields no more.
    fault
        Why it ended, in one line, where that was not the end of the footage.
    state
        Where the camera's reader is: `running`, `stalled`, `reconnecting` and so on.
    trouble
        Why it isn't running, in one line; it may run again by itself.
    """

    camera_id: Name
    deployment_id: Name
    instance_id: Name
    slot: Name | None
    closed: Instant
    offered: Count
    captured: list[CapturedFrame] = Field(default_factory=list, max_length=MOST_IN_SLOT)
    dropped: dict[Name, Count] = Field(default_factory=dict)
    garbled: Count = 0
    ended: bool = False
    fault: str | None = None
    state: str | None = None
    trouble: str | None = None


class FrameOutcome(StrEnum):
    """How a sealed frame ended at detect."""

    PROCESSED = "processed"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


class FrameProcessed(Message):
    """Counts of one frame: faces seen, the probes cut from it, the rest by reason.

    Attributes
    ----------
    view
        The number under which a view of it was sealed; None where there is none.
    """

    camera_id: Name
    deployment_id: Name
    slot: Name
    number: InSlot
    captured: Instant
    at: Instant
    outcome: FrameOutcome
    faces_seen: Count = 0
    probes: list[InSlot] = Field(default_factory=list, max_length=MOST_IN_SLOT)
    discarded: dict[Name, Count] = Field(default_factory=dict)
    view: Count | None = None


class ProbeOutcome(StrEnum):
    """How a sealed probe ended at match."""

    NON_MATCH = "non_match"
    CANDIDATES = "candidates"
    EXPIRED = "expired"
    REFUSED = "refused"


class ProbeDecided(Message):
    """The end of one probe. Identifiers and outcome only."""

    camera_id: Name
    deployment_id: Name
    slot: Name
    number: InSlot
    frame_number: InSlot
    captured: Instant
    at: Instant
    outcome: ProbeOutcome


class Candidate(Message):
    """One subject on a candidate list, with its best comparison.

    Attributes
    ----------
    further_references
        Other images of the subject that the probe was compared with, the closest first.
    """

    subject_id: str
    reference_id: str
    score: float
    cosine: float
    further_references: tuple[str, ...] = ()


class CandidatesFound(Message):
    """A candidate list, with the probe's pictures sealed to alert's transit key.

    `search_id` is the same however often the record is delivered: alert raises one alert for it.

    Attributes
    ----------
    sealed_crop, sealed_figure
        JPEGs of the face and of the upper body; the second is empty where there is none.
    heading
        Where the person was going, as far as that was known.
    """

    search_id: str
    camera_id: str
    deployment_id: str
    order_hash: str
    watchlist_id: str
    threshold: float
    captured: Instant
    decided: Instant
    candidates: list[Candidate]
    transit_key_id: str
    sealed_crop: bytes = Field(repr=False)
    sealed_figure: bytes = Field(default=b"", repr=False)
    heading: Heading | None = None

    @field_validator("heading", mode="before")
    @classmethod
    def _known_heading(cls, value: object) -> object:
        """Take a word that a later version says for none: no alert is lost for it."""
        return None if isinstance(value, str) and value not in tuple(Heading) else value

    def binding(self) -> bytes:
        """Return what the crop's transit seal is bound to: the list without its pictures.

        The heading and further references aren't part of it either, since services from before
        there were any don't know them: the message's signature covers them.
        """
        bound = self.model_copy(update={"sealed_crop": b""})
        further = {"__all__": {"further_references"}}
        return bound.encode(exclude={"sealed_figure": True, "heading": True, "candidates": further})

    def figure_binding(self) -> bytes:
        """Return what the figure's transit seal is bound to: neither picture is the other."""
        return b"figure:" + self.binding()


class AlertRaised(Message):
    """An alert was raised: for purge and for systems outside. No biometrics, no names.

    Attributes
    ----------
    rehearsal
        It is about a volunteer, see `lethe.contracts.volunteers`: nobody is to be stopped for it.
    """

    alert_id: str
    sequence: int
    camera_id: str
    deployment_id: str
    subject_id: str
    score: float
    cosine: float
    captured: Instant
    published: Instant
    rehearsal: bool = False
