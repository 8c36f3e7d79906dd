"""Trying to get back what a run saw, from everything that root can read while it goes on."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from tests.forensics import disk, memory
from tests.forensics.canaries import Traces
from tests.forensics.keys import Opener, boot_us
from tests.forensics.looking import in_file, in_process
from tests.forensics.running import Run
from tests.forensics.searching import Found, Index
from tests.forensics.tape import TapedRecord
from tests.forensics.windows import Kind, cut

from lethe.contracts.probe import unpack_probe
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED

BUDGET_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Residue:
    """What was found of one kind in one place.

    Attributes
    ----------
    age_s
        Least time since the capture of a frame, or the drawing of a key, that was found.
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
    frames, templates
        That were sealed in the run.
    known_frames, known_templates
        Those of them that he had worked out beforehand, byte by byte.
    keys
        Slot keys that were drawn.
    """

    frames: int
    known_frames: int
    templates: int
    known_templates: int
    keys: int


class Attack:
    """Knows all traces of the footage, and searches a run for them."""

    def __init__(self, traces: Traces) -> None:
        self._places = traces.frames
        self._index = Index(traces.windows)

    def look(self, run: Run, fault: str, moment: str, *, broker: bool = True) -> list[Residue]:
        """Search everything once, for what is older than a budget now.

        Parameters
        ----------
        broker
            Whether the memory of the broker is searched too, which takes as long as the rest.
        """
        return _Look(run, self._index, self._places, fault, moment).everywhere(broker=broker)

    def strength(self, run: Run) -> Strength:
        """Hold what was worked out beforehand against what the run sealed."""
        opener = _opener(run)
        frames = [r for r in run.tape.records if r.topic == FRAME_CAPTURED.name]
        probes = [r for r in run.tape.records if r.topic == PROBE_EXTRACTED.name]
        opened = [content for r in frames if (content := _opened(opener, r))]
        known = sum(sha256(content).digest() in self._places for content in opened)
        templates = [bytes(unpack_probe(memoryview(content)).template)
                     for r in probes if (content := _opened(opener, r))]  # fmt: skip
        right = sum(self._knows(template) for template in templates)
        return Strength(len(frames), known, len(probes), right, len(run.keys.keys))

    def _knows(self, template: bytes) -> bool:
        found = self._index.search(template, born_by=len(self._places))
        return found.kept_bytes[Kind.TEMPLATE] >= len(template) - 2 * 8


class _Look:
    """One search of everything, with what may still be alive left out."""

    def __init__(
        self, run: Run, index: Index, places: dict[bytes, int], fault: str, moment: str
    ) -> None:
        self._run, self._fault, self._moment = run, fault, moment
        self._began_us = boot_us()
        limit_us = self._began_us - BUDGET_US
        self._captured = _captures(run, places)
        gone = [place for place, at_us in self._captured.items() if at_us <= limit_us]
        self._last_frame = max(gone, default=-1)
        self._frames = index
        self._last_key = run.keys.drawn_by(limit_us) - 1
        self._keys = _key_index(run)
        self._residues: list[Residue] = []
        self._found_keys: set[int] = set()

    def everywhere(self, *, broker: bool) -> list[Residue]:
        for place, pid in self._run.processes(broker=broker).items():
            self._note(f"memory of {place}", self._in_process(pid))
            for path in disk.nameless_files(pid):
                self._note(f"files without a name of {place}", self._in_file(path))
        for place, folder in self._run.folders().items():
            self._note(place, self._in_files(disk.files_under(folder)))
        self._note("crash files", self._in_files(disk.core_files(Path.cwd(), Path(gettempdir()))))
        told = self._run.metrics()
        found = self._frames.search(told, born_by=self._last_frame)
        found += self._keys.search(told, born_by=self._last_key)
        self._note("metrics", found)
        self._note_ciphertext()
        return self._residues

    def _in_process(self, pid: int) -> Found:
        found = in_process(self._frames, pid, born_by=self._last_frame)
        found += in_process(self._keys, pid, born_by=self._last_key)
        return found

    def _in_files(self, paths: Iterable[Path]) -> Found:
        found = Found()
        for path in paths:
            found += self._in_file(path)
        return found

    def _in_file(self, path: Path) -> Found:
        found = in_file(self._frames, path, born_by=self._last_frame)
        found += in_file(self._keys, path, born_by=self._last_key)
        return found

    def _note(self, place: str, found: Found) -> None:
        self._found_keys |= found.births.get(Kind.KEY, set())
        for kind, count in found.kept_bytes.items():
            births = found.births[kind]
            since = min(self._age_s(kind, birth) for birth in births)
            self._residues.append(
                Residue(self._fault, self._moment, place, kind.value, count, since)
            )

    def _age_s(self, kind: Kind, birth: int) -> float:
        if kind is Kind.KEY:
            return (self._began_us - self._run.keys.keys[birth].at_us) / 1e6
        # A frame that wasn't captured was released before the next one that was.
        later = [at_us for place, at_us in self._captured.items() if place >= birth]
        return (self._began_us - min(later)) / 1e6

    def _note_ciphertext(self) -> None:
        opener = Opener([self._run.keys.keys[number] for number in sorted(self._found_keys)])
        for grant in self._run.tape.grants:
            opener.learn(grant)
        opened = [len(c) for r in self._run.tape.records if (c := _opened(opener, r))]
        if opened:
            place = "ciphertext that found keys open"
            self._residues.append(
                Residue(self._fault, self._moment, place, "plaintext", sum(opened), 0.0)
            )


def wait_a_budget(moments: float = 1.0) -> None:
    """Let what was alive a moment ago come to its end."""
    time.sleep(moments * BUDGET_US / 1e6)


def swapped(run: Run) -> int:
    """Return how many bytes of all processes lie in swap, where the search doesn't look."""
    return sum(memory.swapped_bytes(pid) for pid in run.processes().values())


def captured_frames(run: Run) -> int:
    """Return how many frames were taped so far."""
    return sum(record.topic == FRAME_CAPTURED.name for record in run.tape.records)


def _captures(run: Run, places: dict[bytes, int]) -> dict[int, int]:
    """Return when each frame of the footage was captured, on the boot clock."""
    opener, captured = _opener(run), {}
    for record in list(run.tape.records):
        if record.topic == FRAME_CAPTURED.name and (content := _opened(opener, record)):
            place = places.get(sha256(content).digest())
            if place is not None:
                captured[place] = record.address.captured.boot_us
    return captured


def _key_index(run: Run) -> Index:
    drawn, opener = list(run.keys.keys), _opener(run)
    single = opener.expanded()
    return Index(
        cut(Kind.KEY, content, number)
        for number, key in enumerate(drawn)
        for content in (key.key, single.get(key.key, b""))
    )


def _opener(run: Run) -> Opener:
    opener = Opener(list(run.keys.keys))
    for grant in list(run.tape.grants):
        opener.learn(grant)
    return opener


def _opened(opener: Opener, record: TapedRecord) -> bytes | None:
    return opener.open(record.topic, record.address, record.body)
