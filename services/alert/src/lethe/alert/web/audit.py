"""The audit log over HTTP, for auditors."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit.deeds import Act, Deed
from lethe.alert.audit.ports import AuditLog
from lethe.alert.audit.reasons import Reasons
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


class ReasonView(BaseModel):
    """A reason that is kept, and the salt (hex) of the commitment that stands for it."""

    text: str
    salt: str


class AuditPage(BaseModel):
    """Some entries of a log, and how many it has with the one of this reading.

    Attributes
    ----------
    reasons
        By the commitment in the entries; those that are erased aren't there.
    """

    log: str
    size: int
    entries: list[AuditEntryView]
    reasons: dict[str, ReasonView]


class AuditEndpoints:
    """What auditors read; that they did is an entry as well."""

    def __init__(self, audit: AuditLog, reasons: Reasons) -> None:
        self._audit = audit
        self._reasons = reasons

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Endpoint("/audit", self.after, AUDITS, query=(_AFTER, _LIMIT), is_audited=True)]

    async def after(self, request: Request) -> Response:
        """Answer with the entries after a number, each with its hash."""
        number, limit = _AFTER.read(request), _LIMIT.read(request)
        entries = await self._audit.after(number, limit)
        record = f"audit:{number + 1}-{number + len(entries)}"
        await self._audit.append(Deed(Act.CONSULTATION, (record,), "the audit log was read"))
        told = [
            AuditEntryView.model_validate({**each.said(), "digest": each.digest})
            for each in entries
        ]
        page = AuditPage(
            log=self._audit.name,
            size=self._audit.size,
            entries=told,
            reasons=await self._opened({each.reason for each in told if each.reason}),
        )
        return JSONResponse(page.model_dump(mode="json"))

    async def _opened(self, commitments: set[str]) -> dict[str, ReasonView]:
        found = {}
        for kept in await self._audit.reasons(commitments):
            if (opened := await self._reasons.open(kept)) is not None:
                view = ReasonView(text=opened.text, salt=opened.salt.hex())
                found[kept.commitment] = view
        return found
