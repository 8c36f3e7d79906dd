"""What is looked for at one moment of a run: all of it is older than a budget then."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256

from tests.forensics.keys import SLOT, STORED, TICKET, DrawnKey, Opener, boot_us, transit_seeds
from tests.forensics.lots import Lot
from tests.forensics.running import Decided, Run
from tests.forensics.searching import Found, Index
from tests.forensics.tape import TapedRecord
from tests.forensics.windows import Kind, cut

from lethe.contracts.topics import FRAME_CAPTURED, VIEW_MADE
from lethe.shredding.keytraffic import SLOT_MS, SLOTS_PER_TICKET

BUDGET_US = 1_000_000

_AHEAD_US = (SLOTS_PER_TICKET - 1) * SLOT_MS * 1000
"""A key is drawn so long at most before the slot from whose beginning its life counts."""

_NEAR = 3
"""So many frames before or after one that was captured are decoded by whoever captures it."""


@dataclass(frozen=True, slots=True)
class Needles:
    """Of one origin.

    Attributes
    ----------
    born_by
        Those that were born later may be alive still.
    at_us
        When one was captured, drawn, or through, by its birth, on the boot clock.
    origin
        Stands before the kind where it isn't what the cameras saw.
    kept
        Where some kinds are for good reason.
    is_back
        Tells of a birth that was found, afterwards, whether it was born once more in time to be
        alive still.
    sort, keys
        What they are keys of, and each by its birth; none where they aren't keys.
    """

    index: Index
    born_by: int
    at_us: Callable[[int], int]
    origin: str = ""
    kept: frozenset[tuple[str, Kind]] = frozenset()
    is_back: Callable[[int], bool] = lambda _: False
    sort: bytes = b""
    keys: Sequence[DrawnKey] = field(default=(), repr=False)

    def called(self, kind: Kind) -> str:
        """Return what a kind of them is called."""
        return f"{self.origin} {kind}".strip()

    def left_in(self, place: str, found: Found) -> list[Kind]:
        """Return of which kinds something was found that shouldn't be in a place."""
        return [
            kind
            for kind in found.kept_bytes
            if (place, kind) not in self.kept and self.over(found, kind)
        ]

    def over(self, found: Found, kind: Kind) -> list[int]:
        """Return the births of what was found that can't be alive."""
        return [birth for birth in found.births[kind] if not self.is_back(birth)]


@dataclass(frozen=True)
class Knowledge:
    """All that the attacker has worked out before a run, and reads of it.

    Attributes
    ----------
    frames
        Traces of the footage, and by the SHA-256 of a frame's JPEG its place there.
    lots
        Traces of the lots that may be imported.
    """

    run: Run
    frames: Index
    places: dict[bytes, int]
    lots: dict[str, Index] = field(default_factory=dict)
    began_us: int = field(default_factory=boot_us)

    @property
    def limit_us(self) -> int:
        """What was captured by then is to be gone."""
        return self.began_us - BUDGET_US

    @cached_property
    def opener(self) -> Opener:
        """Opens everything of the run, with the keys that were overheard."""
        opener = Opener(list(self.run.keys.keys))
        for grant in list(self.run.tape.grants):
            opener.learn(grant)
        return opener

    def needles(self) -> Iterator[Needles]:
        """Give everything that is to be looked for."""
        yield self._of_frames()
        yield self._of_keys()
        yield self._of_tickets()
        if stored := self.gone_from_the_store():
            yield _of_key_store(stored)
        if views := self._opened(VIEW_MADE.name):
            yield self._of_views(views)
        if self.run.decided is not None and self.run.decided.at_us <= self.limit_us:
            yield _of_decided(self.run.decided)
        for each in self.run.imports:
            if each.ended_us is not None and each.ended_us <= self.limit_us:
                yield self._of_import(each.lot, each.ended_us, is_listed=each.is_listed)

    def _of_frames(self) -> Needles:
        captured = dict(self._captures())
        gone = [place for place, at_us in captured.items() if at_us <= self.limit_us]

        def at_us(birth: int) -> int:
            # A frame that wasn't captured was released before the next one that was.
            return min(moment for place, moment in captured.items() if place >= birth)

        return Needles(self.frames, max(gone, default=-1), at_us, is_back=self._is_captured_again)

    def _captures(self) -> list[tuple[int, int]]:
        """Return places in the footage and when each was captured, in the order of captures."""
        return [
            (place, record.address.captured.boot_us)
            for record, content in self._opened(FRAME_CAPTURED.name)
            if (place := self.places.get(sha256(content).digest())) is not None
        ]

    def _is_captured_again(self, birth: int) -> bool:
        """Tell whether a frame comes again, as of footage that an ingest begins anew."""
        # With keys and records that came while it was searched.
        captures = replace(self)._captures()
        places = [place for place, _ in captures]
        if places == sorted(places):
            return False
        alive = [place for place, at_us in captures if at_us > self.limit_us]
        return any(abs(place - birth) <= _NEAR for place in alive)

    def _of_keys(self) -> Needles:
        drawn, following = list(self.run.keys.keys), self.opener.expanded()
        index = Index(
            cut(Kind.KEY, content, number)
            for number, key in enumerate(drawn)
            for content in (key.key, *following.get(key.key, ()))
        )
        born_by = self.run.keys.drawn_by(self.limit_us - _AHEAD_US) - 1
        return Needles(index, born_by, lambda birth: drawn[birth].at_us, sort=SLOT, keys=drawn)

    def _of_tickets(self) -> Needles:
        drawn = list(self.run.keys.tickets)
        index = Index(cut(Kind.KEY, each.key, number) for number, each in enumerate(drawn))
        born_by = sum(each.at_us <= self.limit_us for each in drawn) - 1
        return Needles(
            index, born_by, lambda birth: drawn[birth].at_us, "ticket's", sort=TICKET, keys=drawn
        )

    def gone_from_the_store(self) -> list[DrawnKey]:
        """Return the keys that alert was given and doesn't keep any more."""
        kept = self.run.stored_keys()
        drawn = [each for each in list(self.run.keys.stored) if each.at_us <= self.limit_us]
        return [each for each in drawn if each.key not in kept]

    def _of_views(self, views: list[tuple[TapedRecord, bytes]]) -> Needles:
        moments = [record.address.captured.boot_us for record, _ in views]
        index = Index(cut(Kind.JPEG, content, birth) for birth, (_, content) in enumerate(views))
        born_by = sum(moment <= self.limit_us for moment in moments) - 1
        return Needles(index, born_by, lambda birth: moments[birth], "view's")

    def _of_import(self, lot: Lot, ended_us: int, *, is_listed: bool) -> Needles:
        kept = frozenset({("memory of match", Kind.TEMPLATE)} if is_listed else ())
        return Needles(self.lots[lot.watchlist_id], 0, lambda _: ended_us, "imported", kept)

    def _opened(self, topic: str) -> list[tuple[TapedRecord, bytes]]:
        """Return what was sealed on a topic, in the order of the captures."""
        records = [record for record in list(self.run.tape.records) if record.topic == topic]
        opened = [(record, self.opened(record)) for record in records]
        return sorted(
            ((record, content) for record, content in opened if content),
            key=lambda each: each[0].address.captured.boot_us,
        )

    def opened(self, record: TapedRecord) -> bytes | None:
        """Return what a record holds; None where no overheard key opens it."""
        return self.opener.open(record.topic, record.address, record.body)


def _of_key_store(gone: list[DrawnKey]) -> Needles:
    """Give keys that alert's store doesn't have any more, and what transit keys are made of."""
    index = Index(
        cut(Kind.KEY, content, number)
        for number, each in enumerate(gone)
        for content in (each.key, transit_seeds(each.key))
    )
    return Needles(
        index, len(gone), lambda birth: gone[birth].at_us, "key store's", sort=STORED, keys=gone
    )


def _of_decided(decided: Decided) -> Needles:
    index = Index(cut(Kind.JPEG, picture, 0) for picture in decided.pictures)
    return Needles(index, 0, lambda _: decided.at_us, "false alert's")
