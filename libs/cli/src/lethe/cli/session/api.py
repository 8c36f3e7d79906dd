"""The alert service's API, as far as one run uses it."""

import json
from base64 import b64encode
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel, ConfigDict

from lethe.cli.errors import StackFailed
from lethe.cli.session.watchlist import Picture
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered

_TIMEOUT_S = 10.0
_PAGE = 1_000


class ReferenceState(BaseModel):
    """Where the enrolment of one image is."""

    model_config = ConfigDict(extra="ignore")

    reference_id: str
    subject_id: str
    state: str
    fault: str | None = None
    resembles: str | None = None


class WatchlistState(BaseModel):
    """Where the enrolment of a watchlist is."""

    model_config = ConfigDict(extra="ignore")

    references: list[ReferenceState]
    settled: bool


class AlertRecord(BaseModel):
    """One alert, as the report tells it."""

    model_config = ConfigDict(extra="ignore")

    alert_id: str
    camera_id: str
    subject_id: str | None = None
    subject: str
    score: float
    cosine: float
    captured_at: str
    published_at: str
    latency_ms: float


class AlertApi:
    """A client of the alert service.

    Every call raises `StackFailed` if the service doesn't answer or refuses.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=_TIMEOUT_S, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def make_watchlist(self, watchlist_id: str) -> None:
        """Make an empty watchlist."""
        await self._ask("POST", "/api/v1/watchlists", json={"watchlist_id": watchlist_id})

    async def submit(self, watchlist_id: str, picture: Picture) -> str:
        """Send one image and return its reference id.

        Raises
        ------
        InvalidInput
            If the service refuses the image itself.
        """
        answer = await self._ask(
            "POST",
            f"/api/v1/watchlists/{watchlist_id}/references",
            data={"name": picture.name, "subject_id": picture.subject_id},
            files={"image": ("image", picture.path.read_bytes(), "application/octet-stream")},
        )
        return str(answer["reference_id"])

    async def watchlist(self, watchlist_id: str) -> WatchlistState:
        """Return the state of every reference."""
        answer = await self._ask("GET", f"/api/v1/watchlists/{watchlist_id}")
        return WatchlistState.model_validate(answer)

    async def deploy(
        self,
        ordered: DeploymentOrdered,
        cameras: list[CameraAssigned],
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        """Hand in a signed order or its next state, with its cameras."""
        body = {
            "ordered": b64encode(ordered.encode()).decode(),
            "cameras": [camera.model_dump(mode="json") for camera in cameras],
        }
        await self._ask("POST", "/api/v1/deployments", json=body, timeout=timeout_s)

    async def alerts_after(self, sequence: int) -> tuple[list[AlertRecord], int]:
        """Return the alerts after a sequence, and the sequence of the last one."""
        found: list[AlertRecord] = []
        while True:
            parameters = {"after": sequence, "limit": _PAGE}
            answer = await self._ask("GET", "/api/v1/alerts", params=parameters)
            page = answer["alerts"]
            found += [AlertRecord.model_validate(each.get("alert", each)) for each in page]
            if page:
                sequence = int(page[-1]["sequence"])
            if len(page) < _PAGE:
                return found, sequence

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        try:
            answer = await self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise StackFailed(f"alert doesn't answer ({type(error).__name__})") from None
        if answer.is_client_error:
            raise InvalidInput(f"alert refused {method} {path}: {_detail(answer)}")
        if not answer.is_success:
            raise StackFailed(f"alert failed at {method} {path} ({answer.status_code})")
        try:
            return answer.json() if answer.content else {}
        except json.JSONDecodeError:
            raise StackFailed(f"alert answered {method} {path} with something else") from None


def _detail(answer: httpx.Response) -> str:
    try:
        content = answer.json()
    except json.JSONDecodeError:
        content = None
    if isinstance(content, dict):
        for key in ("fault", "detail", "error"):
            if key in content:
                return str(content[key])
    return f"status {answer.status_code}"
