"""The audit log over HTTP, for auditors."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.audit.deeds import Act, Deed
from lethe.alert.audit.ports import AuditLog
from lethe.alert.audit.reasons import OpenedReason, Reasons, Unopened
from lethe.alert.identity.access import AUDITS
from lethe.alert.web.asked import Choice, WholeNumber
from lethe.alert.web.gate import Endpoint

_AFTER = WholeNumber("after", default=0, low=0, high=2**53 - 1)
_LIMIT = WholeNumber("limit", default=100, low=1, high=1_000)
_WITH_REASONS = Choice("reasons")
_WITHOUT_COMMITMENT = 1
"""The version of entries that have a reason itself, from before those ended."""


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
        By the commitment in the entries, if they were asked for: those that could be opened.
    unopened
        Likewise, why any other couldn't.
    withheld
        Numbers of entries whose `reason` is left out because nobody asked for it: of version 1,
        where it is the text itself. Their hash can be held against the whole entry only.
    """

    log: str
    size: int
    entries: list[AuditEntryView]
    reasons: dict[str, ReasonView]
    unopened: dict[str, Unopened]
    withheld: list[int]


class AuditEndpoints:
    """What auditors read; that they did is an entry as well."""

    def __init__(self, audit: AuditLog, reasons: Reasons) -> None:
        self._audit = audit
        self._reasons = reasons

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        query = (_AFTER, _LIMIT, _WITH_REASONS)
        return [Endpoint("/audit", self.after, AUDITS, query=query, is_audited=True)]

    async def after(self, request: Request) -> Response:
        """Answer with the entries after a number, each with its hash, and reasons if asked to."""
        number, limit = _AFTER.read(request), _LIMIT.read(request)
        with_reasons = _WITH_REASONS.read(request)
        entries = await self._audit.after(number, limit)
        record = f"audit:{number + 1}-{number + len(entries)}"
        why = "the audit log was read" + (", with reasons" if with_reasons else "")
        await self._audit.append(Deed(Act.CONSULTATION, (record,), why))
        told = [
            AuditEntryView.model_validate({**each.said(), "digest": each.digest})
            for each in entries
        ]
        withheld = [] if with_reasons else [each for each in told if _tells_its_reason(each)]
        for each in withheld:
            each.reason = ""
        reasons = await self._opened(told) if with_reasons else {}
        page = AuditPage(
            log=self._audit.name,
            size=self._audit.size,
            entries=told,
            reasons={
                commitment: ReasonView(text=each.text, salt=each.salt.hex())
                for commitment, each in reasons.items()
                if isinstance(each, OpenedReason)
            },
            unopened={
                commitment: each
                for commitment, each in reasons.items()
                if isinstance(each, Unopened)
            },
            withheld=[each.number for each in withheld],
        )
        return JSONResponse(page.model_dump(mode="json"))

    async def _opened(self, told: list[AuditEntryView]) -> dict[str, OpenedReason | Unopened]:
        """Return what stands behind the commitments of entries; older ones have no commitment."""
        said = {each.reason for each in told if each.reason and not _tells_its_reason(each)}
        # What isn't kept any more, as after a database came back, is as good as erased.
        missing = dict.fromkeys(said, Unopened.ERASED)
        return missing | await self._reasons.open(await self._audit.reasons(said))


def _tells_its_reason(entry: AuditEntryView) -> bool:
    return entry.v <= _WITHOUT_COMMITMENT and bool(entry.reason)
