"""The alert service's API, as far as one run uses it."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from lethe.cli.errors import StackFailed
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import CameraAssigned, DeploymentOrdered

_TIMEOUT_S = 10.0
_PATIENCE_S = 15.0
_RETRY_S = 0.2
_SHORTEST_S = 0.5
_PAGE = 1_000
_LATER = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})


class Declined(InvalidInput):
    """The alert service refused what it was asked.

    Attributes
    ----------
    why
        What it said, without what it was asked.
    status
        Of HTTP.
    """

    def __init__(self, asked: str, why: str, status: int) -> None:
        super().__init__(f"alert refused {asked}: {why}")
        self.why = why
        self.status = status


class SuspensionRecord(BaseModel):
    """Why a deployment gets no keys."""

    model_config = ConfigDict(extra="ignore")

    suspension_id: str
    ground: str
    reason: str
    since: str


class DeploymentRecord(BaseModel):
    """How a deployment stands."""

    model_config = ConfigDict(extra="ignore")

    deployment_id: str
    order_type: str
    status: str
    watchlist_size: int
    threshold: float
    suspended: SuspensionRecord | None = None


class SignedDeployment(DeploymentRecord):
    """A deployment with its order and its newest state, as they were signed."""

    order: Base64Bytes = Field(repr=False)
    state: Base64Bytes = Field(repr=False)


class CameraRecord(BaseModel):
    """How a camera stands."""

    model_config = ConfigDict(extra="ignore")

    camera_id: str
    deployment_id: str
    state: str


class SystemStatus(BaseModel):
    """How the system is."""

    model_config = ConfigDict(extra="ignore")

    deployments: list[DeploymentRecord]
    cameras: list[CameraRecord]
    blind: str | None = None
    key_promise: str = ""


class AlertRecord(BaseModel):
    """One alert, as the report tells it. Of one that is closed nobody is told the scores."""

    model_config = ConfigDict(extra="ignore")

    alert_id: str
    camera_id: str
    subject_id: str | None = None
    subject: str
    score: float | None
    cosine: float | None
    captured_at: str
    published_at: str
    latency_ms: float


class AlertApi:
    """A client of the alert service.

    Every call may be repeated safely, so one that isn't answered is: the supervisor may be
    starting the service again, or another instance be taking over. `StackFailed` is raised when
    that doesn't help, `Declined` when the service refuses.

    Parameters
    ----------
    token
        Returns a bearer token that counts now.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._token = token
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

    async def sign_in_code(self, token: str) -> str:
        """Return a code that signs one browser in with a token, once."""
        bearer = {"Authorization": f"Bearer {token}"}
        answer = await self.ask("POST", "/api/v1/sign-in-codes", headers=bearer)
        return str(answer["code"])

    async def deploy(
        self,
        ordered: DeploymentOrdered,
        cameras: list[CameraAssigned],
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Hand in a signed order or its next state, with its cameras.

        Parameters
        ----------
        patience_s
            How long to try while the service doesn't answer.
        """
        body = {
            "ordered": b64encode(ordered.encode()).decode(),
            "cameras": [camera.model_dump(mode="json") for camera in cameras],
        }
        await self.ask("POST", "/api/v1/deployments", patience_s, json=body)

    async def status(self) -> SystemStatus:
        """Return how the system is."""
        return SystemStatus.model_validate(await self.ask("GET", "/api/v1/status"))

    async def deployment(self, deployment_id: str) -> SignedDeployment:
        """Return a deployment with its signed order.

        Raises
        ------
        InvalidInput
            If there is none of this name.
        """
        answer = await self.ask("GET", f"/api/v1/deployments/{quote(deployment_id, safe='')}")
        return SignedDeployment.model_validate(answer)

    async def record(self, deployment_id: str) -> Any:
        """Return what was done in a deployment; raises as `deployment`."""
        return await self.ask("GET", f"/api/v1/deployments/{quote(deployment_id, safe='')}/record")

    async def end(self, deployment_id: str) -> None:
        """End a deployment at once; raises as `deployment`."""
        await self.ask("POST", f"/api/v1/deployments/{quote(deployment_id, safe='')}/end")

    async def withdraw(self, deployment_id: str, state: bytes, why: str) -> None:
        """Hand in a signed state that withdraws subjects; raises as `deployment`."""
        path = f"/api/v1/deployments/{quote(deployment_id, safe='')}/withdrawals"
        body = {"state": b64encode(state).decode()}
        await self.ask("POST", path, json=body, also={"Lethe-Reason": why})

    async def last_sequence(self) -> int:
        """Return the sequence of the newest alert that there is: 0 if there is none."""
        sequence = 0
        while True:
            page = await self._page(sequence, _PATIENCE_S)
            if not page:
                return sequence
            sequence = int(page[-1]["sequence"])

    async def waiting(self) -> int | None:
        """Return how many candidate lists wait to become alerts; None while that isn't known."""
        answer = await self.ask("GET", "/api/v1/status", patience_s=0.0)
        waiting: int | None = answer["alerts"]["waiting"]
        return waiting

    async def alerts_after(self, sequence: int) -> tuple[list[AlertRecord], int]:
        """Return the alerts after a sequence, and the sequence of the last one; tried once."""
        found: list[AlertRecord] = []
        while True:
            page = await self._page(sequence, patience_s=0.0)
            found += [AlertRecord.model_validate(each.get("alert", each)) for each in page]
            if page:
                sequence = int(page[-1]["sequence"])
            if len(page) < _PAGE:
                return found, sequence

    async def _page(self, after: int, patience_s: float) -> list[dict[str, Any]]:
        parameters = {"after": after, "limit": _PAGE}
        answer = await self.ask("GET", "/api/v1/alerts", patience_s, params=parameters)
        page: list[dict[str, Any]] = answer["alerts"]
        return page

    async def ask(
        self,
        method: str,
        path: str,
        patience_s: float = _PATIENCE_S,
        also: Mapping[str, str] | None = None,
        **content: Any,
    ) -> Any:
        """Return what one endpoint answers.

        Parameters
        ----------
        also
            Headers beside those of every call.
        content
            The request, as httpx takes it.
        """
        signed_in = {"Authorization": f"Bearer {self._token()}"} | dict(also or {})
        content = {"headers": signed_in} | content
        answer = await self._answer(method, path, patience_s, content)
        if answer.is_client_error:
            raise Declined(f"{method} {path}", _detail(answer), answer.status_code)
        if not answer.is_success:
            raise StackFailed(f"alert failed at {method} {path} ({answer.status_code})")
        try:
            return answer.json() if answer.content else {}
        except json.JSONDecodeError:
            raise StackFailed(f"alert answered {method} {path} with something else") from None

    async def _answer(
        self, method: str, path: str, patience_s: float, content: dict[str, Any]
    ) -> httpx.Response:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + patience_s
        while True:
            left_s = deadline_s - loop.time()
            try:
                # The last try gets a moment as well, however little is left.
                timeout_s = min(_TIMEOUT_S, max(left_s, _SHORTEST_S))
                answer = await self._client.request(method, path, timeout=timeout_s, **content)
                is_last = loop.time() + _RETRY_S >= deadline_s
                if answer.status_code not in _LATER or is_last:
                    return answer
            except httpx.TransportError as error:
                if loop.time() + _RETRY_S >= deadline_s:
                    raise self._unanswered(error) from None
            await asyncio.sleep(_RETRY_S)

    def _unanswered(self, error: httpx.TransportError) -> StackFailed:
        where = str(self._client.base_url).rstrip("/")
        if isinstance(error, httpx.ConnectError):
            return StackFailed(
                f"alert doesn't answer: nothing is heard at {where}; start Lethe, or say where "
                "its page is with --alert-url"
            )
        return StackFailed(f"alert at {where} doesn't answer ({type(error).__name__})")


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
