"""The audit log over HTTP, for auditors."""

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


class AuditEndpoints:
    """What auditors read; that they did is an entry as well."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/audit", self.after, AUDITS, query=(_AFTER, _LIMIT))]

    async def after(self, request: Request) -> Response:
        """Answer with the entries after a number, each with its hash."""
        number, limit = _AFTER.read(request), _LIMIT.read(request)
        entries = await self._audit.after(number, limit)
        record = f"audit:{number + 1}-{number + len(entries)}"
        await self._audit.append(Deed(Act.CONSULTATION, (record,), "the audit log was read"))
        return JSONResponse(
            {
                "log": self._audit.name,
                "entries": [{**each.said(), "digest": each.digest} for each in entries],
            }
        )
