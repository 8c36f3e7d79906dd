"""Enrolling a watchlist through the pipeline: images go in, references or faults come out."""

import asyncio
from collections import deque
from collections.abc import Callable

from lethe.cli.errors import StackFailed
from lethe.cli.session.api import AlertApi, ReferenceState
from lethe.cli.session.faults import in_words
from lethe.cli.session.watchlist import Fault, Picture, Watchlist
from lethe.contracts.errors import InvalidInput

IN_FLIGHT = 8
POLL_S = 0.05
STALLED_AFTER_S = 12.0
TRIES = 3
ENROLLED = "enrolled"
SUBMITTED = "submitted"


class Enrolment:
    """The enrolment of one folder.

    Only a few images are under way at a time: their keys live for seconds, and an image that
    waits longer in a queue could not be opened any more.

    Parameters
    ----------
    progress
        Told how many images have come to an end.
    """

    def __init__(
        self,
        api: AlertApi,
        watchlist_id: str,
        watchlist: Watchlist,
        progress: Callable[[int], None],
    ) -> None:
        self._api = api
        self._watchlist_id = watchlist_id
        self._watchlist = watchlist
        self._progress = progress
        self._waiting = deque((picture, 1) for picture in watchlist.pictures)
        self._under_way: dict[str, tuple[Picture, int]] = {}
        self._known: dict[str, Picture] = {}
        self._done = 0
        self.enrolled: list[Picture] = []

    async def run(self) -> list[Picture]:
        """Enrol everything; return what became a reference and note the rest as faults.

        Raises
        ------
        StackFailed
            If the pipeline doesn't answer for an image, tried three times.
        """
        await self._api.make_watchlist(self._watchlist_id)
        loop = asyncio.get_running_loop()
        moved_s = loop.time()
        while self._waiting or self._under_way:
            while self._waiting and len(self._under_way) < IN_FLIGHT:
                await self._submit(*self._waiting.popleft())
            if await self._collect():
                moved_s = loop.time()
            elif loop.time() - moved_s > STALLED_AFTER_S:
                self._try_again()
                moved_s = loop.time()
            await asyncio.sleep(POLL_S)
        return self.enrolled

    async def _submit(self, picture: Picture, attempt: int) -> None:
        try:
            reference_id = await self._api.submit(self._watchlist_id, picture)
        except InvalidInput as error:
            self._end(Fault(self._watchlist.shown(picture.path), str(error)))
            return
        except OSError as error:
            shown = self._watchlist.shown(picture.path)
            self._end(Fault(shown, f"can't be read ({error.strerror})"))
            return
        self._under_way[reference_id] = (picture, attempt)
        self._known[reference_id] = picture

    async def _collect(self) -> int:
        state = await self._api.watchlist(self._watchlist_id)
        ended = [r for r in state.references if r.state != SUBMITTED]
        ended = [r for r in ended if r.reference_id in self._under_way]
        for reference in ended:
            picture, _ = self._under_way.pop(reference.reference_id)
            if reference.state == ENROLLED:
                self.enrolled.append(picture)
                self._end(None)
            else:
                self._end(self._fault(reference, picture))
        return len(ended)

    def _try_again(self) -> None:
        for reference_id, (picture, attempt) in list(self._under_way.items()):
            if attempt >= TRIES:
                raise StackFailed(
                    f"{self._watchlist.shown(picture.path)} wasn't answered for, tried {TRIES} "
                    "times; see the logs of the services"
                )
            # The same image of the same subject is the same reference: it is sent on once more.
            del self._under_way[reference_id]
            self._waiting.append((picture, attempt + 1))

    def _fault(self, reference: ReferenceState, picture: Picture) -> Fault:
        shown = self._watchlist.shown(picture.path)
        other = self._known.get(reference.resembles or "")
        if reference.resembles is None:
            return Fault(shown, in_words(reference.fault))
        named = self._watchlist.shown(other.path) if other else "another image"
        return Fault(shown, f"the same person as {named}? The faces look alike")

    def _end(self, fault: Fault | None) -> None:
        if fault is not None:
            self._watchlist.faults.append(fault)
        self._done += 1
        self._progress(self._done)
