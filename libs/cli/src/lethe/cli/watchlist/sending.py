"""Images on their way to alert: as many in one request as wait when the one before is answered."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from lethe.cli.watchlist.api import EntryAnswer, NewEntry, Problem, Unusable, WatchlistApi
from lethe.cli.watchlist.people import Person, Picture

MOST_IMAGES = 16
_MOST_BYTES = 8 * 1024 * 1024
"""Nothing is added to a request that holds more: alert takes 16 MB, and an image has 7 at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An image that is to be sent.

    Attributes
    ----------
    who
        The details of somebody to be listed, or the id of somebody who is.
    attempt
        How often it is sent by now.
    """

    person: Person
    picture: Picture
    who: Mapping[str, object] | str = field(repr=False)
    attempt: int = 1


class Outbox:
    """What waits to be sent."""

    def __init__(self, api: WatchlistApi) -> None:
        self._api = api
        self._waiting: asyncio.Queue[Wanted] = asyncio.Queue()
        self._held_over: list[Wanted] = []

    def put(self, wanted: Wanted) -> None:
        """Let an image wait."""
        self._waiting.put_nowait(wanted)

    async def send(self) -> list[tuple[list[Wanted], EntryAnswer]]:
        """Send what waits, once something does; return what became of whose images.

        An image that can't be read any more is answered for as one that alert didn't take.

        Raises
        ------
        Declined, StackFailed
            As every call of `AlertApi`.
        """
        lot = self._held_over or [await self._waiting.get()]
        while len(lot) < MOST_IMAGES and not self._waiting.empty():
            lot.append(self._waiting.get_nowait())
        read = await asyncio.to_thread(_read, lot)
        self._held_over = lot[len(read) :]
        answers = [
            ([wanted], EntryAnswer(images=[Unusable(problem=Problem(detail=image))]))
            for wanted, image in read
            if isinstance(image, str)
        ]
        whole = [(wanted, image) for wanted, image in read if isinstance(image, bytes)]
        of_people = [list(one) for _, one in groupby(whole, key=lambda each: id(each[0].who))]
        entries = [NewEntry(one[0][0].who, [image for _, image in one]) for one in of_people]
        if entries:
            sent = [[wanted for wanted, _ in one] for one in of_people]
            answers += zip(sent, await self._api.enter(entries), strict=True)
        return answers


def _read(lot: Sequence[Wanted]) -> list[tuple[Wanted, bytes | str]]:
    """Return as many images as fit one request, or why one can't be read."""
    read: list[tuple[Wanted, bytes | str]] = []
    size = 0
    for wanted in lot:
        if size > _MOST_BYTES:
            break
        try:
            image = wanted.picture.path.read_bytes()
        except OSError as error:
            read.append((wanted, f"can't be read ({error.strerror})"))
        else:
            size += len(image)
            read.append((wanted, image))
    return read
