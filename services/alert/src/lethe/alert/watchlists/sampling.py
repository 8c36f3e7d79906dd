"""Draws dip samples and keeps what people found.

A sample can't be drawn until it pleases: of what a version holds there is one, which only grows.
What was found wrong stays so until it is changed and found right, whatever is drawn afterwards.
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.alert.watchlists.sample import Check, Drawn, Sample, SampleStore, least_of, state_of
from lethe.contracts.instants import Instant
from lethe.contracts.orders import DeploymentOrder

_BY_CHANCE = random.SystemRandom()


class SampleDesk:
    """Keeps the samples of all versions; not to be used by two at once.

    Parameters
    ----------
    draw
        Returns so many of some subjects, unpredictably.
    """

    def __init__(
        self,
        store: SampleStore,
        book: WatchlistBook,
        now: Callable[[], Instant],
        draw: Callable[[Sequence[str], int], list[str]] = _BY_CHANCE.sample,
    ) -> None:
        self._store = store
        self._book = book
        self._now = now
        self._draw = draw
        self._turn = asyncio.Lock()

    async def find(self, watchlist_id: str) -> Sample:
        """Return the sample of what a version holds now; nobody need be drawn yet.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        references = await self._book.references(watchlist_id)
        of_subject = _by_subject(references)
        drawn = await self._store.drawn(watchlist_id)
        content = await self._book.content_hash(watchlist_id)
        holding = dict[str, Check]()
        for check in await self._store.checks(watchlist_id):
            state = await self._state(watchlist_id, check.subject_id, of_subject)
            holding.pop(check.subject_id, None)
            # Who is off the list isn't wrong on it; who was found right may have been changed.
            if state is not None and (check.state == state or not check.has_passed):
                holding[check.subject_id] = check
        return Sample(
            watchlist_id=watchlist_id,
            content_hash=content,
            subjects=len(_enrolled(references)),
            drawn=[each for each in drawn if each.content_hash == content],
            checks=holding,
            earlier=len({each.content_hash for each in drawn} - {content}),
        )

    async def draw(self, watchlist_id: str, size: int, by: str) -> Sample:
        """Draw subjects until the sample has so many, or all there are; none is put back.

        Raises
        ------
        NotFound
            If there is no such version.
        Conflict
            If images are still being enrolled, or nobody is on it.
        """
        async with self._turn:
            sample, enrolled = await self._settled(watchlist_id)
            known = {each.subject_id for each in sample.drawn}
            missing = min(size, len(enrolled)) - len(known)
            if missing > 0:
                now_us = self._now().wall_us
                chosen = self._draw(sorted(enrolled - known), missing)
                await self._store.draw(
                    [Drawn(watchlist_id, sample.content_hash, each, by, now_us) for each in chosen]
                )
            return await self.find(watchlist_id)

    async def check(
        self, watchlist_id: str, subject_id: str, by: str, revision: int, *, has_passed: bool
    ) -> Sample:
        """Keep how somebody found a subject that was drawn, or was found wrong before.

        Parameters
        ----------
        revision
            Of the details that they looked at.

        Raises
        ------
        NotFound
            If it is neither.
        Conflict
            If it was found wrong, and wasn't changed since.
        Stale
            If its details were changed since they looked.
        """
        async with self._turn:
            sample = await self.find(watchlist_id)
            before = sample.checks.get(subject_id)
            is_wrong = before is not None and not before.has_passed
            if not is_wrong and subject_id not in {each.subject_id for each in sample.drawn}:
                raise NotFound("this subject isn't in the sample of what the watchlist holds now")
            of_subject = _by_subject(await self._book.references(watchlist_id))
            state = await self._state(watchlist_id, subject_id, of_subject)
            if state is None:
                raise NotFound("this subject isn't on the watchlist any more")
            if state != state_of(revision, of_subject.get(subject_id, [])):
                raise Stale("it was changed since you looked; look again")
            if has_passed and is_wrong and before is not None and before.state == state:
                raise Conflict(f"{before.checked_by} found it wrong: change it first")
            now_us = self._now().wall_us
            await self._store.check(Check(watchlist_id, subject_id, state, has_passed, by, now_us))
            return await self.find(watchlist_id)

    async def require_checked(self, order: DeploymentOrder) -> None:
        """Check that people have looked at as many as an order requires, and found none wrong.

        Raises
        ------
        Conflict
            If not; it says what to do.
        NotFound
            If the version isn't kept here.
        """
        if not least_of(order):
            return
        sample = await self.find(order.watchlist_id)
        least = min(least_of(order), sample.subjects)
        lacks = _lacks(sample, order, least)
        if lacks:
            raise Conflict(
                f"order {order.deployment_id} requires that {least:,} of {sample.subjects:,} "
                f"subjects of {order.watchlist_id} are checked and none is found wrong: {lacks}"
            )

    async def _settled(self, watchlist_id: str) -> tuple[Sample, frozenset[str]]:
        """Return the sample and who can be drawn: a list that still grows has no fair one."""
        references = await self._book.references(watchlist_id)
        if any(each.state is ReferenceState.SUBMITTED for each in references):
            raise Conflict(f"{watchlist_id} isn't enrolled yet: wait, and draw then")
        enrolled = _enrolled(references)
        if not enrolled:
            raise Conflict(f"nobody is enrolled on {watchlist_id}")
        return await self.find(watchlist_id), enrolled

    async def _state(
        self, watchlist_id: str, subject_id: str, of_subject: dict[str, list[Reference]]
    ) -> str | None:
        try:
            known = await self._book.subjects.known(watchlist_id, subject_id)
        except NotFound:
            return None
        return state_of(known.revision, of_subject.get(subject_id, []))


def _enrolled(references: Sequence[Reference]) -> frozenset[str]:
    return frozenset(
        each.subject_id for each in references if each.state is ReferenceState.ENROLLED
    )


def _by_subject(references: Sequence[Reference]) -> dict[str, list[Reference]]:
    found: dict[str, list[Reference]] = {}
    for each in references:
        found.setdefault(each.subject_id, []).append(each)
    return found


def _lacks(sample: Sample, order: DeploymentOrder, least: int) -> str:
    """Return what a sample lacks, and what to do about it; empty if it does."""
    check = f"'lethe watchlist check {sample.watchlist_id}'"
    if sample.content_hash != order.watchlist_hash:
        return "the watchlist isn't what was ordered; draft it anew"
    if sample.failed:
        return f"{sample.failed:,} are found wrong; change them, and go on with {check}"
    if len(sample.drawn) < least:
        draw = f"'lethe watchlist sample {sample.watchlist_id} --n {least}'"
        return f"{len(sample.drawn):,} are drawn; draw more with {draw}, and go on with {check}"
    if sample.unchecked:
        return f"{sample.unchecked:,} of those that are drawn aren't checked; go on with {check}"
    return ""
