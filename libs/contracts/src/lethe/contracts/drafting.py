"""What somebody writes down of an order before it is drafted, in a file or over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from lethe.contracts.bounds import Count, Name
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, OrderType, camera_hash

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
_Line = Annotated[Name, StringConstraints(strip_whitespace=True, min_length=1)]


def _after_1970(moment: datetime) -> datetime:
    if moment < _EARLIEST:
        raise PydanticCustomError("before_1970", "it is before 1970")
    return moment


_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_Moment = Annotated[AwareDatetime, AfterValidator(_after_1970)]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class OrderWords(BaseModel):
    """What an order is to say, but for who signs it, its cameras and what its watchlist holds.

    Attributes
    ----------
    starts_at, ends_at
        The window, with the offset from UTC.
    sample_least, sample_share
        How many of the watchlist, or what share, people must have checked.
    keeps_sightings
        Whether alert keeps every sighting of an alert, not the latest only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    deployment_id: _Id
    use_case: _Text
    grounds: _Text
    zone: _Line
    area: _Line | None = None
    starts_at: _Moment
    ends_at: _Moment
    watchlist_id: _Id
    threshold: float = Field(ge=0, le=1)
    false_alert_budget: Count
    alert_retention_hours: int = Field(default=24, ge=1, le=744)
    sample_least: Count | None = None
    sample_share: float | None = Field(default=None, ge=0, le=1)
    keeps_sightings: bool = False

    def draft(
        self,
        cameras: Sequence[CameraAssigned],
        watchlist_hash: str,
        watchlist_size: int,
        receipts_key: str | None,
        details_hash: str | None,
    ) -> DeploymentOrder:
        """Return the order as it is drafted.

        Parameters
        ----------
        watchlist_hash, watchlist_size
            What the watchlist holds now.
        receipts_key
            As an order pins it.
        details_hash
            Of what is known of whom it lists.
        """
        return DeploymentOrder(
            deployment_id=self.deployment_id,
            type=OrderType.OPERATIONAL,
            use_case=self.use_case,
            grounds=self.grounds,
            authorised_by="",
            camera_ids=[each.camera_id for each in cameras],
            camera_hashes={each.camera_id: camera_hash(each) for each in cameras},
            starts_at_us=round(self.starts_at.timestamp() * 1e6),
            ends_at_us=round(self.ends_at.timestamp() * 1e6),
            watchlist_id=self.watchlist_id,
            watchlist_hash=watchlist_hash,
            watchlist_size=watchlist_size,
            details_hash=details_hash,
            threshold=self.threshold,
            alert_retention_hours=self.alert_retention_hours,
            area=self.area,
            receipts_key=receipts_key,
            false_alert_budget=self.false_alert_budget,
            zone=self.zone,
            sample_least=self.sample_least,
            sample_share=self.sample_share,
            keeps_sightings=self.keeps_sightings,
        )
