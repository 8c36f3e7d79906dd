"""Detect and match as a test plays them: images are enrolled or rejected by what they hold."""

import asyncio

from tests.support.watchlists import outcome

from lethe.alert.watchlists.book import WatchlistBook
from lethe.contracts.enrolment import EnrolmentOutcome
from lethe.vision.errors import UnreadableImage
from lethe.vision.stills import read_still

AS_JPEG = b"\xff\xd8\xff"
"""Begins what stands for an image: alert takes nothing that doesn't begin as one."""


class PlayedPipeline:
    """Rejects an image that begins with `no_face`, takes `twin` for the first one, leaves `slow`.

    With `decodes` it reads each image as detect does, and rejects those that can't be read.

    Outcomes come when the test says so, or by themselves. `pack` is the model pack in use, and
    `unfit` what an image begins with that it can't use.
    """

    def __init__(self, book: WatchlistBook) -> None:
        self.book = book
        self.submitted: list[str] = []
        self.most_under_way = 0
        self.answers_slow = False
        self.decodes = False
        self.pack = ""
        self.unfit = b""
        self.unanswered: list[str] = []
        self.ended = 0
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, reference_id: str) -> None:
        self.submitted.append(reference_id)
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        task = asyncio.create_task(self._enrol(reference_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def fault_of(self, image: bytes) -> str | None:
        """Return why an image is rejected."""
        if self.decodes:
            try:
                read_still(image)
            except UnreadableImage:
                return "unreadable"
        said = image.removeprefix(AS_JPEG)
        if self.unfit and said.startswith(self.unfit):
            return "no_face"
        return next((f for f in ("no_face", "resembles") if said.startswith(f.encode())), None)

    async def _enrol(self, reference_id: str) -> None:
        payload = await self.book.payload(reference_id)
        said = payload.image.removeprefix(AS_JPEG)
        if said.startswith(b"slow") and not self.answers_slow:
            self.unanswered.append(reference_id)
            return
        fault = self.fault_of(payload.image)
        ended = outcome(reference_id, fault, on=payload.watchlist_id, pack=self.pack)
        if said.startswith(b"unlike"):
            ended = ended.model_copy(update={"fault": "unlike"})
        if ended.outcome is EnrolmentOutcome.REJECTED and fault == "resembles":
            first = (await self.book.references(payload.watchlist_id))[0]
            ended = ended.model_copy(update={"resembles": first.reference_id})
        await self.book.record([ended])
        self._under_way -= 1
        self.ended += 1
