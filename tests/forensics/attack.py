"""Trying to get back what a run saw, from everything that root can read while it goes on."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from tests.forensics import disk, memory
from tests.forensics.canaries import Traces
from tests.forensics.keys import STORED
from tests.forensics.looking import in_file, in_process
from tests.forensics.loot import DATABASE, LISTS, Loot, sealed_in
from tests.forensics.needles import BUDGET_US, Knowledge, Needles
from tests.forensics.running import Run
from tests.forensics.searching import Found, Index
from tests.forensics.windows import Kind, Windows

from lethe.contracts.probe import unpack_probe
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED, VIEW_MADE


@dataclass(frozen=True, slots=True)
class Residue:
    """What was found of one kind in one place.

    Attributes
    ----------
    age_s
        Least time since the capture of a frame, the drawing of a key or the end of an import that
        was found.
    """

    fault: str
    moment: str
    place: str
    kind: str
    kept_bytes: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Strength:
    """What the attacker could have known, had he had every key: what he looks for is right.

    Attributes
    ----------
    frames, templates, views
        That were sealed in the run.
    known_frames, known_templates
        Those of them that he had worked out beforehand, byte by byte.
    known_views
        Those of them that he had from the broker, with the keys that he overheard.
    keys, tickets
        Slot keys that were drawn, and key pairs of tickets.
    stored, destroyed
        Keys that alert's store was given, and those of them that it doesn't have any more.
    pictures, known_pictures
        In candidate lists, and those of them that open with the keys of the store.
    pieces, known_pieces
        Likewise of what alert's database held, whenever it was looked at.
    """

    frames: int
    known_frames: int
    templates: int
    known_templates: int
    views: int
    known_views: int
    keys: int
    tickets: int
    stored: int
    destroyed: int
    pictures: int
    known_pictures: int
    pieces: int
    known_pieces: int


class Attack:
    """Knows all traces of the footage, and searches a run for them.

    Parameters
    ----------
    lots
        Traces of what may be imported, by watchlist.
    """

    def __init__(self, traces: Traces, lots: dict[str, list[Windows]]) -> None:
        self._places = traces.frames
        self._index = Index(traces.windows)
        self._lots = {name: Index(windows) for name, windows in lots.items()}

    def look(self, run: Run, fault: str, moment: str, *, broker: bool = True) -> list[Residue]:
        """Search everything once, for what is older than a budget now.

        Parameters
        ----------
        broker
            Whether the memory of the broker is searched too, which takes as long as the rest.
        """
        return _Look(self._knowledge(run), fault, moment).everywhere(broker=broker)

    def strength(self, run: Run) -> Strength:
        """Hold what was worked out beforehand against what the run sealed."""
        known = self._knowledge(run)
        sealed = {
            topic.name: [each for each in run.tape.records if each.topic == topic.name]
            for topic in (FRAME_CAPTURED, PROBE_EXTRACTED, VIEW_MADE)
        }
        opened = {
            topic: [content for each in records if (content := known.opened(each))]
            for topic, records in sealed.items()
        }
        templates = [
            bytes(unpack_probe(memoryview(content)).template)
            for content in opened[PROBE_EXTRACTED.name]
        ]
        pieces, everything = run.database.seen(), Loot()
        everything.take(STORED, list(run.keys.stored))
        at_rest = everything.opens(run.tape, pieces)
        return Strength(
            frames=len(sealed[FRAME_CAPTURED.name]),
            known_frames=sum(
                sha256(content).digest() in self._places for content in opened[FRAME_CAPTURED.name]
            ),
            templates=len(sealed[PROBE_EXTRACTED.name]),
            known_templates=sum(map(self._knows, templates)),
            views=len(sealed[VIEW_MADE.name]),
            known_views=len(opened[VIEW_MADE.name]),
            keys=len(run.keys.keys),
            tickets=len(run.keys.tickets),
            stored=len(run.keys.stored),
            destroyed=len(known.gone_from_the_store()),
            pictures=sum(len(sealed_in(found)) for found in run.tape.lists),
            known_pictures=len(at_rest[LISTS]),
            pieces=len(pieces),
            known_pieces=len(at_rest[DATABASE]),
        )

    def _knowledge(self, run: Run) -> Knowledge:
        return Knowledge(run, self._index, self._places, self._lots)

    def _knows(self, template: bytes) -> bool:
        found = self._index.search(template, born_by=len(self._places))
        return found.kept_bytes[Kind.TEMPLATE] >= len(template) - 2 * 8


class _Look:
    """One search of everything, with what may still be alive left out."""

    def __init__(self, known: Knowledge, fault: str, moment: str) -> None:
        self._known, self._run = known, known.run
        self._fault, self._moment = fault, moment
        self._needles = list(known.needles())
        self._residues: list[Residue] = []
        self._loot = Loot()

    def everywhere(self, *, broker: bool) -> list[Residue]:
        self._note_swap()
        for place, pid in self._run.processes(broker=broker).items():
            self._search(f"memory of {place}", _process(pid))
            for path in disk.nameless_files(pid):
                self._search(f"files without a name of {place}", _files([path]))
        for place, folder in self._run.folders().items():
            self._search(place, _files(disk.files_under(folder)))
        folders = (Path.cwd(), Path(gettempdir()))
        self._search("crash files", _files(disk.core_files(*folders, pattern=disk.core_pattern())))
        told = self._run.metrics()
        self._search("metrics", lambda n: n.index.search(told, born_by=n.born_by))
        self._note_ciphertext()
        return self._residues

    def _note_swap(self) -> None:
        """Note what lies in swap, whatever it is: no search sees what stays on that disk.

        Before anything is read, which fetches it back.
        """
        for place, pid in self._run.processes(broker=False).items():
            if size := memory.swapped_bytes(pid):
                self._residues.append(
                    Residue(self._fault, self._moment, f"swap of {place}", "memory", size, 0.0)
                )

    def _search(self, place: str, search: Callable[[Needles], Found]) -> None:
        for needles in self._needles:
            self._note(place, needles, search(needles))

    def _note(self, place: str, needles: Needles, found: Found) -> None:
        if keys := found.births.get(Kind.KEY):
            self._loot.take(needles.sort, (needles.keys[birth] for birth in keys))
        for kind in needles.left_in(place, found):
            youngest_us = max(map(needles.at_us, needles.over(found, kind)))
            self._residues.append(
                Residue(
                    self._fault,
                    self._moment,
                    place,
                    needles.called(kind),
                    found.kept_bytes[kind],
                    (self._known.began_us - youngest_us) / 1e6,
                )
            )

    def _note_ciphertext(self) -> None:
        opened = self._loot.opens(self._run.tape, self._run.database.seen())
        for sealed, contents in opened.items():
            if contents:
                place, size = f"{sealed} that found keys open", sum(map(len, contents))
                self._residues.append(
                    Residue(self._fault, self._moment, place, "plaintext", size, 0.0)
                )


def _process(pid: int) -> Callable[[Needles], Found]:
    return lambda needles: in_process(needles.index, pid, born_by=needles.born_by)


def _files(paths: Iterable[Path]) -> Callable[[Needles], Found]:
    listed = list(paths)

    def search(needles: Needles) -> Found:
        found = Found()
        for path in listed:
            found += in_file(needles.index, path, born_by=needles.born_by)
        return found

    return search


def wait_a_budget(moments: float = 1.0) -> None:
    """Let what was alive a moment ago come to its end."""
    time.sleep(moments * BUDGET_US / 1e6)


def captured_frames(run: Run) -> int:
    """Return how many frames were taped so far."""
    return sum(record.topic == FRAME_CAPTURED.name for record in run.tape.records)
