"""What detect made and sealed, on its way to the broker."""

from dataclasses import dataclass, field

from lethe.contracts.sealed import SealAddress, SealedBody


@dataclass(frozen=True, slots=True)
class SealedRecord:
    """A record ready for the broker."""

    address: SealAddress
    body: SealedBody = field(repr=False)
