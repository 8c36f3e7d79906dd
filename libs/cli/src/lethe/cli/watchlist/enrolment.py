"""Enrolling people through the pipeline: images go in, references or faults come out."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from lethe.cli.errors import StackFailed
from lethe.cli.session.api import Declined
from lethe.cli.watchlist.api import (
    EntryAnswer,
    ReferenceState,
    SubjectState,
    Unusable,
    WatchlistApi,
)
from lethe.cli.watchlist.faults import in_words
from lethe.cli.watchlist.people import Enrolled, Fault, Person, Picture, Place, Verdict
from lethe.cli.watchlist.sending import Outbox, Wanted

IN_FLIGHT = 96
"""Four times what alert has under way at most: some are read, some on their way to it, and of some
it isn't known yet that they have come through. So it never waits for the next one."""
POLL_S = 0.25
_MOST_POLL_S = 1.0
_WORTHWHILE = 4
"""Where fewer came, alert is asked more rarely: beside live video each look costs it something."""
STALLED_AFTER_S = 12.0
TRIES = 3
ENROLLED = "enrolled"
REJECTED = "rejected"
SUBMITTED = "submitted"


class Enrolment:
    """The enrolment of some people into one watchlist version.

    Whatever the list holds already isn't sent again: a run that was broken off goes on with what
    is missing. Several are sent at once, and only so many are under way that alert has enough.

    Parameters
    ----------
    people
        Read one after another, as there is room for their images, by a thread.
    note
        Takes what is wrong with them.
    progress
        Told how many images have come to an end.

    Attributes
    ----------
    sent
        How many images were sent: others are on the list from before.
    changed
        How many subjects who were on the list are known otherwise now.
    """

    def __init__(
        self,
        api: WatchlistApi,
        people: Iterable[Person],
        note: Callable[[Fault], None],
        progress: Callable[[int], None],
    ) -> None:
        self._api = api
        self._people = iter(people)
        self._note = note
        self._progress = progress
        self._shown: dict[str, str] = {}
        self._places: dict[str, Place | None] = {}
        self._subjects: dict[str, SubjectState] = {}
        self._states: dict[str, ReferenceState] = {}
        self._of_image: dict[tuple[str, str], str] = {}
        self._depicted: set[str] = set()
        self._seen = 0
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._outbox = Outbox(api)
        self._unsent = 0
        self._under_way: dict[str, Wanted] = {}
        self._refused: set[str] = set()
        self._done = 0
        self.sent = self.changed = 0
        self.enrolled: list[Enrolled] = []

    async def run(self) -> list[Enrolled]:
        """Enrol everything; return what became a reference and note the rest as faults.

        Raises
        ------
        StackFailed
            If the pipeline doesn't answer for an image, tried three times.
        """
        self._subjects = {each.reference_number: each async for each in self._api.subjects()}
        await self._look()
        reading, sending = asyncio.create_task(self._read()), asyncio.create_task(self._send())
        try:
            await self._follow(reading, sending)
        finally:
            for task in (reading, sending):
                task.cancel()
            await asyncio.gather(reading, sending, return_exceptions=True)
        return self.enrolled

    def note(self, fault: Fault) -> None:
        """Note a fault; of a row whose subject stays recognisable as before, that as well."""
        known = self._subjects.get(fault.place.number) if fault.place else None
        if fault.verdict is Verdict.ROW and known and known.subject_id in self._depicted:
            fault = replace(fault, why=f"{fault.why}; listed before, and stays so unchanged")
        self._note(fault)

    async def drop_without_image(self) -> None:
        """Remove whom no image of is enrolled, and note it.

        Nobody could recognise such a subject, and it would count as one all the same. Those whom
        an earlier run left behind so are among them.
        """
        rejected = {s.subject_id for s in self._states.values() if s.state == REJECTED}
        pending = {s.subject_id for s in self._states.values() if s.state == SUBMITTED}
        for subject_id in self._places.keys() | rejected - pending:
            if subject_id in self._depicted:
                continue
            why = "none of its images can be used"
            try:
                await self._api.remove(subject_id)
            except Declined as refused:
                why = f"{why}, and it stays on the list: {refused.why}"
            self._note(Fault("", why, self._places.get(subject_id), Verdict.ROW))

    async def _follow(self, reading: asyncio.Task[None], sending: asyncio.Task[None]) -> None:
        """Take the outcomes of what is sent; send once more what gets none."""
        loop = asyncio.get_running_loop()
        moved_s, poll_s = loop.time(), POLL_S
        while self._under_way or self._unsent or not reading.done():
            await asyncio.wait({sending}, timeout=poll_s)
            for task in (reading, sending):
                if task.done():
                    task.result()
            ended = await self._collect()
            poll_s = POLL_S if ended >= _WORTHWHILE else min(2 * poll_s, _MOST_POLL_S)
            if ended:
                moved_s = loop.time()
            elif loop.time() - moved_s > STALLED_AFTER_S:
                self._try_again()
                moved_s = loop.time()
        reading.result()

    async def _read(self) -> None:
        """Read what is to be sent; end what the list holds already."""
        while (person := await asyncio.to_thread(next, self._people, None)) is not None:
            try:
                who = await self._who(person)
            except Declined as refused:
                self._refuse(person, person.pictures, refused.why)
                continue
            for picture in person.pictures:
                self._shown[picture.image_sha256] = picture.shown
                known = self._known(who, picture)
                if known is None or known.state == SUBMITTED:
                    await self._room.acquire()
                    self._put(Wanted(person, picture, who))
                else:
                    self._end(picture, known)

    async def _who(self, person: Person) -> Mapping[str, object] | str:
        """Return the id of somebody who is listed, as the table has them, or their details."""
        known = self._subjects.get(person.number)
        if known is None:
            return person.details
        if not known.is_as(person.details) or _is_over(person):
            known = await self._api.change(known, person.details)
            self.changed += 1
        self._places[known.subject_id] = person.place
        return known.subject_id

    def _known(self, who: Mapping[str, object] | str, picture: Picture) -> ReferenceState | None:
        if not isinstance(who, str):
            return None
        known = self._of_image.get((who, picture.image_sha256))
        return self._states[known] if known else None

    def _put(self, wanted: Wanted) -> None:
        self._unsent += 1
        self._outbox.put(wanted)

    async def _send(self) -> None:
        while True:
            for sent, answer in await self._outbox.send():
                self._take_answer(sent, answer)

    def _take_answer(self, sent: Sequence[Wanted], answer: EntryAnswer) -> None:
        self._unsent -= len(sent)
        person = sent[0].person
        if answer.problem is not None:
            for _ in sent:
                self._room.release()
            self._refuse(person, [one.picture for one in sent], answer.problem.detail)
            return
        if answer.subject_id:
            self._places[answer.subject_id] = person.place
        for one, became in zip(sent, answer.images, strict=True):
            if isinstance(became, Unusable):
                self._room.release()
                self._fail(one.picture, became.problem.detail)
            else:
                self.sent += 1
                self._take(became)
                self._under_way[became.reference_id] = one

    async def _look(self) -> None:
        for state in await self._api.changes(self._seen):
            self._seen = state.change
            self._take(state)
            if state.state == ENROLLED:
                self._depicted.add(state.subject_id)
            self._of_image[state.subject_id, state.image_sha256] = state.reference_id

    def _take(self, state: ReferenceState) -> None:
        """Take a state, unless a later one is known: an answer may be late."""
        known = self._states.get(state.reference_id)
        if known is None or known.change <= state.change:
            self._states[state.reference_id] = state

    async def _collect(self) -> int:
        await self._look()
        ended = [r for r in self._under_way if self._states[r].state != SUBMITTED]
        for reference_id in ended:
            one = self._under_way.pop(reference_id)
            self._room.release()
            self._end(one.picture, self._states[reference_id])
        return len(ended)

    def _try_again(self) -> None:
        for reference_id, one in list(self._under_way.items()):
            if one.attempt >= TRIES:
                raise StackFailed(
                    f"{one.picture.shown} wasn't answered for, tried {TRIES} times; see the logs "
                    "of the services"
                )
            # The same image of the same subject is the same reference: it is sent on once more.
            del self._under_way[reference_id]
            subject_id = self._states[reference_id].subject_id
            self._put(Wanted(one.person, one.picture, subject_id, one.attempt + 1))

    def _end(self, picture: Picture, state: ReferenceState) -> None:
        if state.state == ENROLLED:
            self.enrolled.append(Enrolled(state.subject_id, state.image_sha256))
            if state.fault is not None:
                why = in_words(state.fault)
                self._note(Fault(picture.shown, why, picture.place, Verdict.FLAG))
            self._count()
        else:
            self._fail(picture, self._reason(state))

    def _reason(self, state: ReferenceState) -> str:
        if state.resembles is None:
            return in_words(state.fault)
        other = self._states.get(state.resembles)
        known = self._shown.get(other.image_sha256) if other else None
        named = known or "another image"
        return f"the same person as {named}? The faces look alike"

    def _refuse(self, person: Person, pictures: Sequence[Picture], why: str) -> None:
        # Their other images may have been refused with another request.
        if person.number not in self._refused:
            self._refused.add(person.number)
            images = ", ".join(picture.shown for picture in person.pictures)
            self.note(Fault(images, why, person.place, Verdict.ROW))
        self._count(len(pictures))

    def _fail(self, picture: Picture, why: str) -> None:
        self._note(Fault(picture.shown, why, picture.place))
        self._count()

    def _count(self, images: int = 1) -> None:
        self._done += images
        self._progress(self._done)


def _is_over(person: Person) -> bool:
    """Tell whether the last day on the list is over: alert says so, if it is asked."""
    last = person.details.get("expires_on")
    return isinstance(last, str) and date.fromisoformat(last) < datetime.now(UTC).date()
