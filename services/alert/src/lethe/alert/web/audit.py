"""The audit log over HTTP, for auditors."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit.deeds import Act, Deed
from lethe.alert.audit.ports import AuditLog
from lethe.alert.identity.access import AUDITS
from lethe.alert.web.asked import WholeNumber
from lethe.alert.web.gate import Endpoint

_AFTER = WholeNumber("after", default=0, low=0, high=2**53 - 1)
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)


class AuditEntryView(BaseModel):
    """An entry, with its hash as `digest`; see the reference for its fields."""

    v: int
    number: int
    at_us: int
    who: str
    roles: list[str]
    act: Act
    records: list[str]
    why: str
    reason: str
    previous: str
    digest: str


class AuditPage(BaseModel):
    """Some entries of a log, and how many it has with the one of this reading."""

    log: str
    size: int
    entries: list[AuditEntryView]


class AuditEndpoints:
    """What auditors read; that they did is an entry as well."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/audit", self.after, AUDITS, query=(_AFTER, _LIMIT), is_audited=True)]

    async def after(self, request: Request) -> Response:
        """Answer with the entries after a number, each with its hash."""
        number, limit = _AFTER.read(request), _LIMIT.read(request)
        entries = await self._audit.after(number, limit)
        record = f"audit:{number + 1}-{number + len(entries)}"
        await self._audit.append(Deed(Act.CONSULTATION, (record,), "the audit log was read"))
        told = [{**each.said(), "digest": each.digest} for each in entries]
        page = AuditPage.model_validate(
            {"log": self._audit.name, "size": self._audit.size, "entries": told}
        )
        return JSONResponse(page.model_dump(mode="json"))
