"""What detect made and sealed, on its way to the broker."""

from dataclasses import dataclass, field

from lethe.contracts.sealed import Purpose, SealAddress, SealedBody


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record ready for the broker."""

    address: SealAddress
    body: SealedBody = field(repr=False)


def made_of(frame: SealAddress, purpose: Purpose, number: int) -> SealAddress:
    """Return the address of what is made of a frame, under a key of the frame's own slot."""
    return frame.model_copy(
        update={"purpose": purpose, "number": number, "frame_number": frame.number}
    )
