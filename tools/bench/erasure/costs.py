"""How old frames get, and what forgetting them costs, in one run of the demonstration."""

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tools.bench.erasure.libc import (
    ALLOCATOR,
    FILL,
    CLibrary,
    Mapping,
    UnknownLibrary,
    libc_mapping,
)
from tools.bench.erasure.meter import Meter
from tools.bench.erasure.metered_service import CALLS, METRIC
from tools.bench.erasure.parts import ACCOUNTING, FORGETTING, PARTS, SEAL, TICKETS, WIPING
from tools.bench.erasure.sampling import NoSamples, Sample, sampling
from tools.bench.figures import Figure, at_least, at_most, equal, told
from tools.running import RunningLethe, running_lethe, wait_until

_SERVICES = ("ingest", "detect", "match", "alert", "purge")
_FRAMES_IN_TEN_MINUTES = 14_000
_SAMPLES_PER_S = 199
_ENDS_BEFORE_S = 10.0
_SETTLES_S, _REST_S = 5.0, 20.0
_THE_REST = "the rest"
_MODULE = "tools.bench.erasure.metered_lethe"


@dataclass(frozen=True, slots=True)
class Used:
    """What the services have used so far.

    Attributes
    ----------
    all_s
        Processor time of each, in seconds.
    parts_s
        What of it each part took.
    calls
        How often something was counted, in all of them.
    """

    all_s: dict[str, float]
    parts_s: dict[str, dict[str, float]]
    calls: float

    def since(self, before: "Used") -> "Used":
        """Return what was used between two moments."""
        return Used(
            {name: used - before.all_s[name] for name, used in self.all_s.items()},
            {
                name: {part: used - before.parts_s[name][part] for part, used in parts.items()}
                for name, parts in self.parts_s.items()
            },
            self.calls - before.calls,
        )


@dataclass(slots=True)
class Places:
    """Where the samples of the services were taken."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: str = ""

    def percent(self, part: str) -> float:
        """Return the share of a part in all samples of the services."""
        return round(100 * self.counts[part] / max(1, self.counts.total()), 2)


def measure(seconds: int) -> tuple[list[Figure], dict[str, Any]]:
    """Run the demonstration with meters in every service, and sample it from outside."""
    with (
        tempfile.TemporaryDirectory(prefix="lethe-erasure-") as folder,
        running_lethe(
            Path(folder),
            *("demo", "--cool-down", "0", "--seconds", str(seconds)),
            module=_MODULE,
        ) as lethe,
    ):
        ends_s = time.monotonic() + seconds - _ENDS_BEFORE_S
        wait_until(lambda: any(each["frames"]["processed"] for each in lethe.accounts()))
        before, began_s = _used(lethe), time.monotonic()
        with _sampled(lethe) as places:
            time.sleep(max(1.0, ends_s - time.monotonic()))
        used, lasted_s = _used(lethe).since(before), time.monotonic() - began_s
        report = lethe.finish()
    rest = _at_rest()
    figures = [
        *_ages(report, seconds),
        *_forgetting(used),
        *_purge(used, rest, lasted_s),
        *_hygiene(used, places),
    ]
    raw = {
        "used_s": used.all_s,
        "parts_s": used.parts_s,
        "samples": dict(places.counts),
        "purge_at_rest": rest,
    }
    return figures, {"report": report, **raw}


def _ages(report: dict[str, Any], seconds: int) -> Iterator[Figure]:
    ages, frames = report["erasure_age_ms"], report["frames"]
    yield at_least("frames offered", frames["offered"], _FRAMES_IN_TEN_MINUTES * seconds / 600)
    yield told("frames captured", frames["captured"])
    yield at_most("erasure age p50, ms", ages["p50"], 150)
    yield told("erasure age p99, ms", ages["p99"])
    yield at_most("erasure age p99.9, ms", ages["p999"], 300)
    yield at_most("erasure age max, ms", ages["max"], 1000)
    yield equal("unerased", report["unerased"], 0)


def _forgetting(used: Used) -> Iterator[Figure]:
    """Tell seal, open, tickets and accounting, and then the same with all that purge does."""
    whole_s = sum(used.all_s.values())
    holders = [parts for name, parts in used.parts_s.items() if name != "purge"]
    at_holders_s = {part: sum(each[part] for each in holders) for part in FORGETTING}
    for part, part_s in at_holders_s.items():
        yield told(f"{part} in ingest, detect, match and alert, %", _percent(part_s, whole_s))
    in_purge_s = {part: used.parts_s["purge"][part] for part in (SEAL, TICKETS, ACCOUNTING)}
    for part, part_s in in_purge_s.items():
        yield told(f"{part} in purge, %", _percent(part_s, whole_s))
    counted_s, purge_s = sum(in_purge_s.values()), used.all_s["purge"]
    yield told("purge besides, %", _percent(purge_s - counted_s, whole_s))
    counting_s = used.calls * Meter().cost_s()
    yield told("of all that the counting itself, at most, %", _percent(counting_s, whole_s))
    summed_s = sum(at_holders_s.values())
    yield at_most(
        "seal, open, tickets and accounting, %", _percent(summed_s + counted_s, whole_s), 5
    )
    yield at_most("the same with purge besides, %", _percent(summed_s + purge_s, whole_s), 5)


def _purge(used: Used, rest: float, lasted_s: float) -> Iterator[Figure]:
    """Tell what purge takes anyway, and what it takes because frames are live."""
    live = 100 * used.all_s["purge"] / lasted_s
    yield told("purge, % of a core", round(live, 2))
    yield told("purge without a camera, % of a core", round(rest, 2))
    more_s = used.all_s["purge"] - rest / 100 * lasted_s
    yield told("purge for live frames, %", _percent(more_s, sum(used.all_s.values())))


def _at_rest() -> float:
    """Return what purge takes of a core while the services run and there is no camera."""
    with (
        tempfile.TemporaryDirectory(prefix="lethe-rest-") as folder,
        running_lethe(Path(folder), "up", module=_MODULE, reports=False) as lethe,
    ):
        wait_until(lethe.all_stand)
        time.sleep(_SETTLES_S)
        before_s = lethe.cpu_s()["purge-1"]
        time.sleep(_REST_S)
        return 100 * (lethe.cpu_s()["purge-1"] - before_s) / _REST_S


def _hygiene(used: Used, places: Places) -> Iterator[Figure]:
    """Tell an upper bound: what the allocator would take anyway is in it."""
    wiping_s = sum(parts[WIPING] for parts in used.parts_s.values())
    wiping = _percent(wiping_s, sum(used.all_s.values()))
    yield told("overwriting and locking buffers of our own, %", wiping)
    if places.refused:
        yield told("memory hygiene, %", f"not sampled: {places.refused}")
        return
    fill, allocator = places.percent(FILL), places.percent(ALLOCATOR)
    yield told("the allocator's filling of what is freed, %", fill)
    yield told("the allocator's other work, all of it, %", allocator)
    yield told("samples of the five services", places.counts.total())
    whole = round(wiping + fill + allocator, 2)
    yield at_most("memory hygiene with the whole allocator, %", whole, 10)


def _percent(part_s: float, whole_s: float) -> float:
    return round(100 * part_s / whole_s, 2)


def _used(lethe: RunningLethe) -> Used:
    processors = lethe.cpu_s()
    instances = {service: f"{service}-1" for service in _SERVICES}
    return Used(
        {service: processors[instance] for service, instance in instances.items()},
        {
            service: {p: lethe.metric(instance, f'{METRIC}{{part="{p}"}}') for p in PARTS}
            for service, instance in instances.items()
        },
        sum(lethe.metric(instance, CALLS) for instance in instances.values()),
    )


@contextmanager
def _sampled(lethe: RunningLethe) -> Iterator[Places]:
    """Count where samples of the services fall until the block ends."""
    places = Places()
    pids = {child.pid for name, child in lethe.children().items() if name != "broker"}
    mappings = {pid: mapping for pid in pids if (mapping := libc_mapping(pid))}
    with ExitStack() as stack:
        try:
            take = partial(_place, places, CLibrary.here(), mappings)
            stack.enter_context(sampling(take, per_s=_SAMPLES_PER_S))
        except (NoSamples, UnknownLibrary) as error:
            places.refused = str(error)
        yield places


def _place(places: Places, library: CLibrary, mappings: dict[int, Mapping], sample: Sample) -> None:
    mapping = mappings.get(sample.pid)
    if mapping is None:
        return
    part = None
    if not sample.in_kernel and mapping.base <= sample.place < mapping.end:
        part = library.part_of(sample.place - mapping.base, sample.top - mapping.base)
    places.counts[part or _THE_REST] += 1
