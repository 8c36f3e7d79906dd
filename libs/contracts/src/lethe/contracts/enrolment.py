"""Enrolment: an image of a subject goes through the pipeline and becomes a reference."""

from enum import StrEnum

from pydantic import Field

from lethe.contracts.base import Message


class ReferencePayload(Message):
    """What is sealed in `reference-submitted`: an image, and whose it is."""

    reference_id: str
    subject_id: str
    watchlist_id: str
    image_sha256: str
    image: bytes = Field(repr=False)


class TemplatePayload(Message):
    """What is sealed in `reference-extracted`: a template, or why there is none.

    Attributes
    ----------
    template
        float32 values, little-endian, of length 1.
    model
        Digest of the model pack that made it: it is compared with no other pack's.
    """

    reference_id: str
    subject_id: str
    watchlist_id: str
    image_sha256: str
    template: bytes = Field(repr=False)
    fault: str | None = None
    model: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")


class EnrolmentOutcome(StrEnum):
    """How the enrolment of one image ended."""

    ENROLLED = "enrolled"
    REJECTED = "rejected"


class ReferenceEnrolled(Message):
    """The end of one enrolment at one match instance. No biometrics, no names.

    Attributes
    ----------
    fault
        Why the image was rejected: a reason of the quality gate, or `resembles` when the face
        looks like another subject's. Of one that is enrolled it is a flag: `unlike` when it
        looks like none of the subject's other images.
    resembles
        The reference it resembles.
    model
        Digest of the model pack that it was tried with.
    watchlist_hash
        The content hash of what this instance holds after it. Empty since tickets tell it: made
        for every image, it took longer the more there were.
    """

    reference_id: str
    watchlist_id: str
    instance_id: str
    outcome: EnrolmentOutcome
    fault: str | None = None
    resembles: str | None = None
    watchlist_hash: str = ""
    model: str = ""
