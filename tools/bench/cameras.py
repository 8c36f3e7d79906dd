"""What one more camera costs: processor time with 1, 2, 4 and 8, and bytes on the broker."""

import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families
from tools.bench.figures import Figure, at_most, spread, told
from tools.bench.footage import transcoded
from tools.bench.shutters import Shutters, stills
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.cli.stack.rolling import ROLL_EVERY_S

_COUNTS = (1, 2, 4, 8)
_MOST = max(_COUNTS)
_SLOW_PER_S = 2
"""Few enough frames a second that eight cameras leave two cores some room."""
_WINDOW_S = ROLL_EVERY_S
"""Topics of the embedded broker are rolled as often, so that each window holds one time of that;
and how long the slow footage is, so that each holds the same pictures."""
_WINDOWS = 3
_ROUNDS = 8
"""In each, every number of cameras has a window beside one of none, in an order of its own: what
changes on the machine within minutes meets all of them alike."""
_SETTLE_S = 8.0
_TURN_S = 3.0
"""After other cameras were opened: what is under way of the ones before is at its end."""
_FLAT = 10.0
_PUBLISHED = "lethe_published_bytes"


@dataclass(slots=True)
class Window:
    """A few seconds: processor time in percent of a core, and bytes a second by topic."""

    cpu_percent: float
    bytes_per_s: Counter[str] = field(default_factory=Counter)


Round = dict[int, Window]
"""A window for each number of cameras, and one of none."""


def measure() -> tuple[list[Figure], dict[str, Any]]:
    """Watch 1, 2, 4 and 8 slow cameras in turn, then the demonstration's two.

    Eight are watched all the time by one and the same stack, and some of them show pictures: what
    differs between two starts, by more than what a camera costs, differs between no two rows.
    """
    home = find_home()
    originals = sorted(home.demonstration.glob("camera-*.mp4"))
    watchlist = home.demonstration / "watchlist"
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as name:
        folder = Path(name)
        slow = transcoded(
            originals[0], folder / "slow.mp4", width=1280, height=720,
            frames_per_s=_SLOW_PER_S, seconds=_WINDOW_S,
        )  # fmt: skip
        shutters = _shutters(folder, stills(slow, folder / "stills"))
        alone = _watch(watchlist, [str(shutters.folders[0]), "--follow"])
        rounds = _rounds(watchlist, shutters)
        full = _watch(watchlist, [str(video) for video in originals])
    figures = [*_cost(alone, rounds), *_traffic(full, len(originals))]
    return figures, {
        "one silent camera": _raw(alone),
        "rounds": [
            {str(count): _raw([window]) for count, window in each.items()} for each in rounds
        ],
        "demonstration": _raw(full),
    }


def _shutters(folder: Path, pictures: list[Path]) -> Shutters:
    folders = [folder / f"camera-{number}" for number in range(_MOST)]
    for each in folders:
        each.mkdir()
    return Shutters(folders, pictures, _SLOW_PER_S)


def _rounds(watchlist: Path, shutters: Shutters) -> list[Round]:
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder:
        sources = [str(each) for each in shutters.folders]
        arguments = ("watch", *sources, "--follow", "--watchlist", str(watchlist))
        with running_lethe(Path(folder), *arguments) as lethe, shutters.running():
            shutters.open(range(_MOST))
            wait_until(lambda: any(len(a["cameras"]) == _MOST for a in lethe.accounts()))
            time.sleep(_SETTLE_S)
            rounds = [_round(lethe, shutters) for _ in range(_ROUNDS)]
            lethe.finish(interrupt=True)
    return rounds


def _round(lethe: RunningLethe, shutters: Shutters) -> Round:
    counts = [0, *_COUNTS]
    random.shuffle(counts)
    windows = {}
    for count in counts:
        shutters.open(random.sample(range(_MOST), count))
        time.sleep(_TURN_S)
        (windows[count],) = _windows(lethe, 1)
    return windows


def _watch(watchlist: Path, sources: list[str]) -> list[Window]:
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder:
        options = ("--watchlist", str(watchlist))
        with running_lethe(Path(folder), "watch", *sources, *options) as lethe:
            wait_until(lambda: any(account["cameras"] for account in lethe.accounts()))
            time.sleep(_SETTLE_S)
            windows = list(_windows(lethe, _WINDOWS))
            lethe.finish(interrupt=True)
    return windows


def _windows(lethe: RunningLethe, count: int) -> Iterator[Window]:
    before, sent, at_s = sum(lethe.cpu_s().values()), _published(lethe), time.monotonic()
    for _ in range(count):
        time.sleep(_WINDOW_S)
        cpu_s, bytes_now, now_s = sum(lethe.cpu_s().values()), _published(lethe), time.monotonic()
        took_s = now_s - at_s
        rates = Counter({t: round(n / took_s) for t, n in (bytes_now - sent).items()})
        yield Window(100 * (cpu_s - before) / took_s, rates)
        before, sent, at_s = cpu_s, bytes_now, now_s


def _published(lethe: RunningLethe) -> Counter[str]:
    """Return the bytes that all services have published, by topic."""
    total: Counter[str] = Counter()
    for child in lethe.children().values():
        with suppress(psutil.Error, KeyError):
            port = child.environ()["LETHE_HTTP_PORT"]
            text = httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text
            for family in text_string_to_metric_families(text):
                if family.name == _PUBLISHED:
                    for sample in family.samples:
                        if sample.name.endswith("_total"):
                            total[sample.labels["topic"]] += int(sample.value)
    return total


def _cost(alone: list[Window], rounds: list[Round]) -> Iterator[Figure]:
    silent = [windows[0].cpu_percent for windows in rounds]
    yield told("one silent camera: CPU, % of a core", spread([w.cpu_percent for w in alone], 1))
    yield told(f"{_MOST} silent cameras: CPU, % of a core", spread(silent, 1))
    per_camera = {}
    for count in _COUNTS:
        all_of_it = [windows[count].cpu_percent for windows in rounds]
        each = [(windows[count].cpu_percent - windows[0].cpu_percent) / count for windows in rounds]
        per_camera[count] = statistics.median(each)
        yield told(f"{count} show pictures: CPU, % of a core", spread(all_of_it, 1))
        yield told(f"{count} show pictures: CPU a camera, %", spread(each, 1))
    least, most = min(per_camera.values()), max(per_camera.values())
    middle = statistics.median(per_camera.values())
    off = max(most - middle, middle - least) / middle * 100
    yield at_most("CPU a camera, off its median at most, %", round(off, 1), _FLAT)


def _traffic(windows: list[Window], cameras: int) -> Iterator[Figure]:
    totals = [window.bytes_per_s.total() / cameras / 1000 for window in windows]
    yield told("1280x720 at 12 frames/s: kB a camera and second", spread(totals, 1))
    for topic in sorted({topic for window in windows for topic in window.bytes_per_s}):
        each = [window.bytes_per_s[topic] / cameras / 1000 for window in windows]
        if max(each) >= 0.1:  # noqa: PLR2004 - below, the line would say nothing
            yield told(f"of it {topic}", spread(each, 1))


def _raw(windows: list[Window]) -> list[dict[str, Any]]:
    return [
        {"cpu_percent": round(window.cpu_percent, 1), "bytes_per_s": dict(window.bytes_per_s)}
        for window in windows
    ]
