"""The file in which somebody writes down what an order is to say."""

from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from lethe.cli.toml_file import read_toml
from lethe.contracts.bounds import Count, Name
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, OrderType, camera_hash

_LARGEST_FILE = 256 * 1024
_HINT = 'write lines such as zone = "the north gate"'
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
_Line = Annotated[Name, StringConstraints(strip_whitespace=True, min_length=1)]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Watchlist(BaseModel):
    """What alert says of a watchlist, as far as an order names it."""

    model_config = ConfigDict(extra="ignore")

    subjects: int
    settled: bool
    content_hash: str | None = None


class OrderFile(BaseModel):
    """What an order is to say, but for who signs it and what its watchlist holds.

    Attributes
    ----------
    starts_at, ends_at
        The window, with the offset from UTC.
    sample_least, sample_share
        How many of the watchlist, or what share, people must have checked.
    cameras
        A camera file, relative to this one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    deployment_id: _Id
    use_case: _Text
    grounds: _Text
    zone: _Line
    area: _Line | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    watchlist_id: _Id
    threshold: float = Field(ge=0, le=1)
    false_alert_budget: Count
    alert_retention_hours: int = Field(default=24, ge=1, le=744)
    sample_least: Count | None = None
    sample_share: float | None = Field(default=None, ge=0, le=1)
    cameras: Path

    def draft(
        self, cameras: list[CameraAssigned], watchlist: Watchlist, receipts_key: str | None
    ) -> DeploymentOrder:
        """Return the order as it is drafted.

        Raises
        ------
        InvalidInput
            If the watchlist isn't ready.
        """
        if not watchlist.settled or watchlist.content_hash is None:
            raise InvalidInput(f"{self.watchlist_id} isn't enrolled yet: wait, and draft it then")
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
            watchlist_hash=watchlist.content_hash,
            watchlist_size=watchlist.subjects,
            threshold=self.threshold,
            alert_retention_hours=self.alert_retention_hours,
            area=self.area,
            receipts_key=receipts_key,
            false_alert_budget=self.false_alert_budget,
            zone=self.zone,
            sample_least=self.sample_least,
            sample_share=self.sample_share,
        )


def read_order_file(file: Path) -> OrderFile:
    """Read a TOML file with the fields of `OrderFile`.

    Raises
    ------
    InvalidInput
        One line that says which fields don't fit, and why, or where it isn't TOML.
    """
    try:
        return OrderFile.model_validate(read_toml(file, _LARGEST_FILE, _HINT))
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}") from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise InvalidInput(f"{file}: {told}") from None
