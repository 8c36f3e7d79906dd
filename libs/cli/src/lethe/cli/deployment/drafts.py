"""A draft as it goes from its drafter to an authorising officer: signed, with its cameras."""

from pathlib import Path
from typing import Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from lethe.cli.whole_file import whole_file
from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, camera_hash
from lethe.contracts.sealed import SignedEnvelope


class DraftFile(BaseModel):
    """What a draft's file holds.

    Attributes
    ----------
    draft
        The `SignedEnvelope` of the drafter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    lethe_draft: Literal[1] = 1
    draft: Base64Bytes = Field(repr=False)
    cameras: list[CameraAssigned] = Field(min_length=1)

    @property
    def signed(self) -> SignedEnvelope:
        """The draft as its drafter signed it."""
        return SignedEnvelope.decode(self.draft)

    @property
    def order(self) -> DeploymentOrder:
        """What it says."""
        return DeploymentOrder.decode(self.signed.payload)


def read_draft(file: Path) -> DraftFile:
    """Read a draft's file; whether its signature holds is checked elsewhere.

    Raises
    ------
    InvalidInput
        If it can't be read or is none.
    """
    try:
        found = DraftFile.model_validate_json(file.read_bytes())
        order = found.order
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}") from None
    except (ValidationError, InvalidMessage):
        raise InvalidInput(f"{file} is no draft: make one with 'lethe deployment draft'") from None
    _require_ordered(file, order, found.cameras)
    return found


def _require_ordered(file: Path, order: DeploymentOrder, cameras: list[CameraAssigned]) -> None:
    """Check that cameras are those of an order, set as it says: they are shown to who signs."""
    if set(order.camera_ids) != {each.camera_id for each in cameras}:
        raise InvalidInput(f"{file} has other cameras than its order names")
    for each in cameras:
        if not order.covers(each.camera_id, each.deployment_id, camera_hash(each)):
            raise InvalidInput(f"{file}: camera {each.camera_id} isn't set as its order says")


def write_draft(file: Path, draft: DraftFile) -> None:
    """Write a draft's file, whole or not at all.

    Raises
    ------
    InvalidInput
        If it can't be written.
    """
    with whole_file(file) as stream:
        stream.write(f"{draft.model_dump_json(indent=1)}\n".encode())
