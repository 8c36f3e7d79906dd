"""Receipts and their checkpoints over HTTP, read-only: what purge signed, for anybody to verify."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from lethe.alert.errors import NotFound
from lethe.alert.identity.access import PUBLIC
from lethe.alert.receipt_copies import Kept
from lethe.alert.web.gate import Endpoint
from lethe.alert.witnessing import WitnessState


class ReceiptLogView(BaseModel):
    """A purge's newest log: its name, how many entries are signed for, and that checkpoint."""

    origin: str
    size: int
    checkpoint: str


class CheckpointsView(BaseModel):
    """The last checkpoints, and how it stands with every witness."""

    logs: list[ReceiptLogView]
    witnesses: list[WitnessState]


class ReceiptEndpoints:
    """Serves what is covered by a signed checkpoint, and nothing else.

    Parameters
    ----------
    kept
        Returns what there is; raises `Transient` while that isn't known.
    witnesses
        Returns how it stands with every witness.
    """

    def __init__(
        self, kept: Callable[[], Kept], witnesses: Callable[[], Sequence[WitnessState]]
    ) -> None:
        self._kept = kept
        self._witnesses = witnesses

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Endpoint("/receipts", self.receipts, PUBLIC),
            Endpoint("/receipts/checkpoints", self.checkpoints, PUBLIC),
        ]

    async def receipts(self, _request: Request) -> Response:
        """Answer with all logs in one file, as `lethe receipts export` writes it."""
        kept = self._kept()
        if not kept.files:
            raise NotFound("no receipts yet: purge hasn't sent any")
        found = await run_in_threadpool(kept.collection)
        return StreamingResponse(
            found.pieces(),
            media_type="text/plain; charset=utf-8",
            headers={"Content-Length": str(found.length)},
        )

    async def checkpoints(self, _request: Request) -> Response:
        """Answer with the last checkpoint of each purge's newest log, and what witnesses say."""
        logs = [
            ReceiptLogView(origin=g.copy.file.origin, size=g.tree.size, checkpoint=g.checkpoint)
            for g in self._kept().growing
        ]
        told = CheckpointsView(logs=logs, witnesses=list(self._witnesses()))
        return JSONResponse(told.model_dump(mode="json"))
