"""All five services against a bare loop: what queues, sealing and forgetting cost.

The loop decodes, finds, embeds and compares in one thread of one process, with the same models and
the same choice of shots; it seals nothing, keeps no account and has no broker. The services take
the same footage as fast as it goes.

Best shots are chosen by the same rule, but not quite the same: services see each picture after
JPEG. So every face is measured as well, of which there are as many for both.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import psutil
from tools.bench.figures import Figure, at_least, spread, told
from tools.bench.footage import transcoded
from tools.bench.loops import Choosing, Comparer, OurLoop, best_shots, every_face, references
from tools.running import RunningLethe, running_lethe, wait_until

from lethe.cli.home import find_home
from lethe.ingest.sources import SourceFrame, open_source
from lethe.vision.extract import FaceExtractor
from lethe.vision.pack import load_pack

_SIZES = {"640x360": (640, 360), "1280x720": (1280, 720)}
_WAYS: dict[str, tuple[str, Callable[[], Choosing]]] = {
    "best shots": ("--tracking", best_shots),
    "every face": ("--no-tracking", every_face),
}
_COSINE = 0.50
_ROUNDS = 3
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run: frames a second, templates, and processor time in ms per frame by what used it."""

    frames_per_s: float
    templates: int
    cpu_ms: dict[str, float]

    @property
    def cpu_ms_all(self) -> float:
        """Processor time of everything, in ms per frame."""
        return sum(self.cpu_ms.values())


def measure(rounds: int = _ROUNDS) -> tuple[list[Figure], dict[str, Any]]:
    """Run both in turn, so that what else the machine does falls on both."""
    cv2.setNumThreads(1)
    home = find_home()
    originals = sorted(home.demonstration.glob("camera-*.mp4"))
    extractor = FaceExtractor(load_pack(home.model_pack))
    extractor.warm_up()
    watchlist = home.demonstration / "watchlist"
    listed = references(OurLoop(extractor, best_shots), watchlist)
    figures: list[Figure] = []
    reports: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder:
        for name, (width, height) in _SIZES.items():
            videos = [
                transcoded(video, Path(folder) / f"{name}-{video.name}", width=width, height=height)
                for video in originals
            ]
            for way, (option, choosing) in _WAYS.items():
                bare, services = [], []
                for _ in range(rounds):
                    loop = OurLoop(extractor, choosing)
                    bare.append(_bare(loop, Comparer(listed, (_COSINE,)), videos))
                    services.append(_services(videos, watchlist, option))
                title = f"{name}, {way}"
                figures += _figures(title, bare, services)
                reports[title] = {"bare": _raw(bare), "services": _raw(services)}
    return figures, reports


def _bare(loop: OurLoop, comparer: Comparer, videos: list[Path]) -> Outcome:
    frames = templates = 0
    begun_s, cpu_begun_s = time.monotonic(), time.process_time()
    for video in videos:
        loop.begin()
        source = open_source(video)
        source.open()
        for frame in source.frames():
            if not isinstance(frame, SourceFrame):
                continue
            frames += 1
            for shot in loop.look(frame.image, frame.pts_s).shots:
                templates += 1
                list(comparer.compare(video.stem, shot, frame.pts_s))
        source.close()
    took_s, cpu_s = time.monotonic() - begun_s, time.process_time() - cpu_begun_s
    return Outcome(frames / took_s, templates, {"loop": 1_000 * cpu_s / frames})


def _services(videos: list[Path], watchlist: Path, option: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="lethe-bench-") as folder:
        options = ("--watchlist", str(watchlist), "--once", "--no-realtime", option)
        with running_lethe(Path(folder), "watch", *map(str, videos), *options) as lethe:
            wait_until(lambda: _processed(lethe) > 0)
            first, begun_s, before = _processed(lethe), time.monotonic(), lethe.cpu_s()
            last, ended_s, after = first, begun_s, before
            while lethe.process.poll() is None:
                # From the first frame to the last: neither the start nor the end of the stack.
                with suppress(psutil.Error):
                    if (processed := _processed(lethe)) > last:
                        last, ended_s, after = processed, time.monotonic(), lethe.cpu_s()
                time.sleep(_LOOK_EVERY_S)
            report = lethe.finish()
    frames = last - first
    cpu_ms = {name: 1_000 * (after[name] - before[name]) / frames for name in before}
    return Outcome(frames / (ended_s - begun_s), report["faces"]["probes"], cpu_ms)


def _processed(lethe: RunningLethe) -> int:
    return max((account["frames"]["processed"] for account in lethe.accounts()), default=0)


def _figures(title: str, bare: list[Outcome], services: list[Outcome]) -> Iterator[Figure]:
    ratios = [s.frames_per_s / b.frames_per_s for s, b in zip(services, bare, strict=True)]
    yield told(f"{title}: bare loop, frames/s", spread([each.frames_per_s for each in bare]))
    yield told(f"{title}: five services, frames/s", spread([e.frames_per_s for e in services]))
    yield at_least(f"{title}: services / loop, median", round(statistics.median(ratios), 2), 0.6)
    yield told(f"{title}: services / loop, spread", spread(ratios))
    yield told(f"{title}: bare loop, CPU ms a frame", spread([each.cpu_ms_all for each in bare]))
    yield told(f"{title}: services, CPU ms a frame", spread([e.cpu_ms_all for e in services]))
    for part in services[0].cpu_ms:
        used_ms = [each.cpu_ms.get(part, 0.0) for each in services]
        yield told(f"{title}: of it {part}", spread(used_ms))
    yield told(f"{title}: templates, bare loop", spread([each.templates for each in bare], 0))
    yield told(f"{title}: templates, services", spread([each.templates for each in services], 0))


def _raw(outcomes: list[Outcome]) -> list[dict[str, Any]]:
    return [
        {
            "frames_per_s": round(each.frames_per_s, 2),
            "templates": each.templates,
            "cpu_ms_per_frame": {name: round(ms, 2) for name, ms in each.cpu_ms.items()},
        }
        for each in outcomes
    ]
