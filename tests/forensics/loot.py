"""The keys that were found, and what they open of everything that was sealed."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from tests.forensics.database import Piece
from tests.forensics.keys import SLOT, STORED, TICKET, DrawnKey, Opener, transit_seeds
from tests.forensics.tape import Tape

from lethe.contracts.errors import Refused
from lethe.contracts.keys import KeyGranted
from lethe.contracts.live import CandidatesFound
from lethe.shredding.grants import opened_grant
from lethe.shredding.wrapping import UnwrapKey

RECORDS, LISTS, DATABASE = "sealed records", "candidate lists", "alert's database"


class Loot:
    """Keys by what they are of: none of one kind is tried as one of another."""

    def __init__(self) -> None:
        self._keys: dict[bytes, set[bytes]] = {SLOT: set(), TICKET: set(), STORED: set()}

    def take(self, sort: bytes, keys: Iterable[DrawnKey]) -> None:
        """Add keys that were found."""
        self._keys[sort].update(each.key for each in keys)

    def opens(self, tape: Tape, pieces: Sequence[Piece]) -> dict[str, list[bytes]]:
        """Return what they open, by where it was sealed: nothing is left out that opens nothing."""
        return {
            RECORDS: self._records(tape),
            LISTS: [
                content
                for transit in map(_transit, self._keys[STORED])
                for found in list(tape.lists)
                for content in _pictures(found, transit)
            ],
            DATABASE: [
                content
                for piece in pieces
                for key in self._keys[STORED]
                if (content := piece.opened(key)) is not None
            ],
        }

    def _records(self, tape: Tape) -> list[bytes]:
        grants = list(tape.grants)
        slots = self._keys[SLOT] | self._granted(grants)
        opener = Opener([DrawnKey(key, 0) for key in slots])
        for grant in grants if slots else ():
            opener.learn(grant)
        opened = (opener.open(r.topic, r.address, r.body) for r in list(tape.records) if slots)
        return [content for content in opened if content]

    def _granted(self, grants: list[KeyGranted]) -> set[bytes]:
        """Return the slot keys of the grants that were sealed to one of the tickets."""
        keys: set[bytes] = set()
        for ticket in map(UnwrapKey.from_seeds, self._keys[TICKET]):
            for grant in grants:
                with suppress(Refused), opened_grant(grant, ticket) as slots:
                    keys.update(map(bytes, slots))
        return keys


def sealed_in(found: CandidatesFound) -> list[tuple[bytes, bytes]]:
    """Return the pictures of a candidate list as they are sealed, each with its binding."""
    sealed = [(found.sealed_crop, found.binding())]
    if found.sealed_figure:
        sealed.append((found.sealed_figure, found.figure_binding()))
    return sealed


def _transit(key: bytes) -> UnwrapKey:
    return UnwrapKey.from_seeds(transit_seeds(key))


def _pictures(found: CandidatesFound, transit: UnwrapKey) -> list[bytes]:
    opened = []
    for wrapped, binding in sealed_in(found):
        with suppress(Refused):
            opened.append(transit.unwrap(wrapped, binding))
    return opened
