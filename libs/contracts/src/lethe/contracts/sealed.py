"""What stands in the clear on a sealed record, and what its seal is bound to."""

import struct
from enum import StrEnum
from typing import final

from pydantic import Field

from lethe.contracts.base import Message
from lethe.contracts.bounds import InSlot
from lethe.contracts.instants import Instant

ENROLMENT_LANE = "enrolment"
"""The lane that reference images and templates are sealed in; no camera can have this name."""


class Purpose(StrEnum):
    """What a slot key seals."""

    FRAME = "frame"
    PROBE = "probe"
    VIEW = "view"
    REFERENCE_IMAGE = "reference-image"
    REFERENCE_TEMPLATE = "reference-template"


NUMBERS_PER_SLOT = {
    Purpose.FRAME: 48,
    Purpose.PROBE: 160,
    Purpose.VIEW: 1,
    Purpose.REFERENCE_IMAGE: 24,
    Purpose.REFERENCE_TEMPLATE: 24,
}
"""How many single-use keys one slot key is expanded into."""


@final
class SealedBody(bytes):
    """The body of a sealed record: padded ciphertext with its tag.

    Only `lethe.shredding.sealing` makes one, which the privacy lint checks, and publishers take
    nothing else for a `SealedTopic`: nothing gets there without being sealed.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        """Return its size."""
        return f"SealedBody({len(self)} bytes)"


class SealAddress(Message):
    """Where a sealed record belongs. It travels in the headers and is bound by the seal.

    Attributes
    ----------
    deployment_id, order_hash
        The order under which the content was captured; empty in the enrolment lane.
    lane
        The camera, or `ENROLMENT_LANE`.
    slot
        The slot whose key seals it, named by the custodian that made the key.
    number
        The single-use key within the slot.
    purpose
        Which of the slot's keys.
    captured
        When the frame left its source (or the image was submitted).
    frame_number
        For a probe or a view: the frame of the same slot that it was made of.
    """

    deployment_id: str
    order_hash: str
    lane: str
    slot: str
    number: InSlot
    purpose: Purpose
    captured: Instant
    frame_number: InSlot = 0

    def associated_data(self, topic: str) -> bytes:
        """Return the unambiguous bytes that AES-GCM authenticates beside the content."""
        parts = (
            topic,
            self.deployment_id,
            self.order_hash,
            self.lane,
            self.slot,
            str(self.number),
            self.purpose.value,
            self.captured.boot_id,
            str(self.captured.boot_us),
            str(self.captured.wall_us),
            str(self.frame_number),
        )
        encoded = [part.encode() for part in parts]
        return b"".join(struct.pack(">I", len(part)) + part for part in encoded)


class SignedEnvelope(Message):
    """A control message with the Ed25519 signature of the service or officer that sent it."""

    signer: str
    payload: bytes = Field(repr=False)
    signature: bytes
