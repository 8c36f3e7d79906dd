"""What `lethe deployment drafts` and `fetch` do: drafts that wait at alert."""

from pathlib import Path
from urllib.parse import quote

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from lethe.cli.deployment.drafts import DraftFile
from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.cameras import CameraSettings
from lethe.cli.session.deploying import checked_address
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned

_PAGE = 100


class _Words(BaseModel):
    model_config = ConfigDict(extra="ignore")

    deployment_id: str
    zone: str
    starts_at: str
    ends_at: str
    watchlist_id: str


class _Camera(CameraSettings):
    model_config = ConfigDict(extra="ignore")

    camera_id: str
    realtime: bool
    loop: bool


class WaitingDraft(BaseModel):
    """A draft as alert tells of it.

    Attributes
    ----------
    draft
        As its drafter signed it; None while nobody has.
    """

    model_config = ConfigDict(extra="ignore")

    order: _Words
    cameras: list[_Camera]
    signed_by: str | None
    draft: Base64Bytes | None = Field(repr=False)

    @property
    def line(self) -> str:
        """It in one line."""
        said = self.order
        signed = f"signed by {self.signed_by}" if self.signed_by else "not signed yet"
        when = f"{said.starts_at} until {said.ends_at}"
        return f"{said.deployment_id}: {said.zone}, {when}, {said.watchlist_id}; {signed}"

    def file(self) -> DraftFile:
        """Return what a draft's file holds.

        Raises
        ------
        InvalidInput
            If nobody has signed it.
        """
        name = self.order.deployment_id
        if self.draft is None:
            raise InvalidInput(f"{name}: its drafter hasn't signed it yet")
        cameras = [CameraAssigned(deployment_id=name, **each.model_dump()) for each in self.cameras]
        # As it came: its fields are bytes already.
        return DraftFile.model_construct(draft=self.draft, cameras=cameras)


async def waiting_drafts(alert_url: str, trust: Path) -> list[WaitingDraft]:
    """Return the drafts that wait at alert."""
    found: list[WaitingDraft] = []
    after: str | None = ""
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        while after is not None:
            parameters = {"after": after, "limit": _PAGE}
            page = await api.ask("GET", "/api/v1/drafts", params=parameters)
            found += [WaitingDraft.model_validate(each) for each in page["drafts"]]
            after = page["next"]
    return found


async def fetched_draft(alert_url: str, deployment_id: str, trust: Path) -> DraftFile:
    """Return a draft that waits at alert, to be written to a file.

    Raises
    ------
    InvalidInput
        If there is none of this name, or nobody has signed it.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        answer = await api.ask("GET", f"/api/v1/drafts/{quote(deployment_id, safe='')}")
    return WaitingDraft.model_validate(answer).file()
