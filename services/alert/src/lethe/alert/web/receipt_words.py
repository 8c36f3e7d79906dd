"""Receipts in plain words over HTTP, and whether a log of them holds, as far as alert can say."""

import asyncio
from collections.abc import Callable

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from lethe.alert.errors import NotFound
from lethe.alert.identity.access import FIGURES
from lethe.alert.receipt_copies import Kept
from lethe.alert.receipt_reading import Verified, log_named, read_page, signer_of, verify_log
from lethe.alert.web.asked import WholeNumber, Word
from lethe.alert.web.gate import Endpoint
from lethe.alert.web.views import utc
from lethe.receipts.collecting import LogFile
from lethe.receipts.notes import VerifierKey
from lethe.receipts.origins import fingerprint
from lethe.receipts.sentences import sentence

_LOG = Word("log", r"[ -~]{1,500}")
_BEFORE = WholeNumber("before", default=0, low=0, high=2**53)
_LIMIT = WholeNumber("limit", default=100, low=1, high=500)
_SLOTS = WholeNumber("slots", default=0, low=0, high=1)


class KeyView(BaseModel):
    """The key that signs a log: its name, and the SHA-256 of its public half."""

    name: str
    fingerprint: str


class LogView(BaseModel):
    """A log of receipts that alert keeps, and when it was begun."""

    origin: str
    begun_at: str


class ReceiptView(BaseModel):
    """A receipt: its place in its log, when it was made, and what it says."""

    number: int
    at: str
    kind: str
    sentence: str


class ReceiptPage(BaseModel):
    """Receipts of a log, the newest first. A signed checkpoint covers all of them.

    Attributes
    ----------
    is_first
        Whether none comes before them.
    logs
        All that there are, the newest first.
    """

    log: LogView
    key: KeyView
    receipts: list[ReceiptView]
    is_first: bool
    logs: list[LogView]


class VerificationView(BaseModel):
    """What verifying a log by itself showed.

    Attributes
    ----------
    entries
        How many hold; 0 if one doesn't.
    refuted
        What doesn't hold; empty if all does.
    pinned
        By deployment, whether its order names this key; null where it names none.
    remarks
        What isn't wrong and should be known.
    """

    log: LogView
    key: KeyView
    entries: int
    refuted: str
    pinned: dict[str, bool | None]
    remarks: list[str]


class ReceiptWordEndpoints:
    """For whoever answers for a deployment or audits it; the receipts themselves are public.

    Parameters
    ----------
    kept
        Returns what there is; raises `Transient` while that isn't known.
    """

    def __init__(self, kept: Callable[[], Kept]) -> None:
        self._kept = kept
        # One at a time, and of each state of a log once: it takes the processor for a while.
        self._turn = asyncio.Lock()
        self._verified: tuple[LogFile, Verified] | None = None

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        query = (_LOG, _BEFORE, _LIMIT, _SLOTS)
        return [
            Endpoint("/receipts/entries", self.entries, FIGURES, query=query),
            Endpoint("/receipts/verification", self.verification, FIGURES, query=(_LOG,)),
        ]

    async def entries(self, request: Request) -> Response:
        """Answer with receipts of a log, a sentence each; the newest log's if none is named."""
        before, limit, slots = (each.read(request) for each in (_BEFORE, _LIMIT, _SLOTS))
        log, key = self._found(request)
        page = await run_in_threadpool(read_page, log, before, limit, with_slots=bool(slots))
        told = ReceiptPage(
            log=_log(log),
            key=_key(key),
            receipts=[
                ReceiptView(
                    number=each.number,
                    at=utc(each.entry.at_ms / 1_000),
                    kind=each.entry.kind,
                    sentence=sentence(each.entry),
                )
                for each in reversed(page.entries)
            ],
            is_first=page.is_first,
            logs=[_log(each) for each in reversed(self._kept().files)],
        )
        return JSONResponse(told.model_dump(mode="json"))

    async def verification(self, request: Request) -> Response:
        """Verify a log as it is now; answer with what holds."""
        async with self._turn:
            log, key = self._found(request)
            if self._verified is None or self._verified[0] != log:
                pin = fingerprint(key.public)
                self._verified = log, await run_in_threadpool(verify_log, log, key, pin)
            found = self._verified[1]
        told = VerificationView(
            log=_log(log),
            key=_key(key),
            entries=found.entries,
            refuted=found.refuted,
            pinned=found.pinned,
            remarks=list(found.remarks),
        )
        return JSONResponse(told.model_dump(mode="json"))

    def _found(self, request: Request) -> tuple[LogFile, VerifierKey]:
        kept = self._kept()
        log = log_named(kept, _LOG.read(request))
        key = signer_of(kept, log) if log else None
        if log is None or key is None:
            raise NotFound("there is no such log of receipts")
        return log, key


def _log(log: LogFile) -> LogView:
    return LogView(origin=log.origin, begun_at=utc(log.begun_ms / 1_000))


def _key(key: VerifierKey) -> KeyView:
    return KeyView(name=key.name, fingerprint=fingerprint(key.public))
