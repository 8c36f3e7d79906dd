"""`lethe camera check`: a few seconds of each source, and a verdict."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import av.logging

from lethe.cli.camera.examiner import Examiner
from lethe.cli.camera.observing import Observation
from lethe.cli.camera.verdicts import Grade, Verdict, judge, worst
from lethe.cli.errors import one_line
from lethe.ingest.latest import LatestFrame
from lethe.ingest.opening import SourceOpener
from lethe.ingest.sources import (
    CameraReader,
    ReaderState,
    ReaderStatus,
    Secrets,
    SourceFrame,
)
from lethe.ingest.sources.stills import StillsSource
from lethe.vision.loading import open_detector
from lethe.vision.pack import load_pack
from lethe.vision.quality import QualityGate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lethe.cli.home import Home
    from lethe.cli.session.cameras import PlannedCamera, SourceOptions
    from lethe.ingest.sources import Source
    from lethe.vision.ports import Detector

_LOOK_S = 0.2
_FIRST_PICTURE_S = 15.0
_INTERRUPTED = {ReaderState.STALLED, ReaderState.RECONNECTING}
_MARKS = {Grade.FINE: "fine", Grade.ADVICE: "better", Grade.UNUSABLE: "unusable"}


def check_cameras(
    options: SourceOptions,
    home: Home,
    *,
    seconds: float,
    as_json: bool,
    say: Callable[[str], None],
) -> int:
    """Look at every camera in turn, say what was seen, and return the exit code.

    Raises
    ------
    InvalidInput
        If a source is named wrongly or can't be opened.
    """
    av.logging.set_level(av.logging.PANIC)
    cameras = options.cameras()
    opener = SourceOpener(Secrets(home.secrets), home.camera_ca_file, pixels_only=True)
    detector = open_detector(load_pack(home.model_pack))
    told, grade = [], Grade.FINE
    for camera in cameras:
        # A wrong address is an error of the call; a camera that fails is what the look is about.
        source = opener.open(camera.assigned("check"))
        seen = look(camera, source, detector, seconds=seconds)
        verdicts = judge(seen)
        grade = max(grade, worst(verdicts))
        told.append(_as_data(camera, seen, verdicts))
        if not as_json:
            _say_lines(camera, verdicts, say)
    if as_json:
        say(json.dumps({"cameras": told}, ensure_ascii=False))
    return int(grade)


def look(
    camera: PlannedCamera, source: Source, detector: Detector, *, seconds: float
) -> Observation:
    """Look at a source for some seconds from its first picture on; nothing of it is kept."""
    gate = QualityGate()
    examiner = Examiner(detector, camera.settings, min_score=gate.min_detector_score)
    watcher = _Watcher(camera.camera_id, source)
    watcher.seen.stills = isinstance(source, StillsSource)
    try:
        watcher.run(examiner, seconds)
    finally:
        watcher.close()
    return watcher.seen


class _Watcher:
    """Counts what a source releases and lends the newest picture to an examiner."""

    def __init__(self, camera_id: str, source: Source) -> None:
        self.seen = Observation()
        self._latest = LatestFrame[None]()
        self._over = threading.Event()
        self._ran = False
        self._reader = CameraReader(
            camera_id,
            source,
            self._on_release,
            on_state=self._on_state,
            on_silence=self._latest.clear,
        )

    def run(self, examiner: Examiner, seconds: float) -> None:
        """Examine pictures until the time is up or the source is over."""
        self._reader.start()
        begun_s = time.monotonic()
        while True:
            is_over = self._over.is_set()
            with self._latest.take(_LOOK_S) as taken:
                if taken is not None:
                    examiner.examine(taken.image, self.seen)
                elif is_over:
                    return
            first_s = self.seen.arrivals_s[0] if self.seen.arrivals_s else None
            limit_s = begun_s + _FIRST_PICTURE_S if first_s is None else first_s + seconds
            if time.monotonic() >= limit_s:
                return

    def close(self) -> None:
        """End the reading and overwrite every picture."""
        self._reader.stop()
        self._latest.close()
        self.seen.garbled = self._reader.status.garbled

    def _on_release(self, frame: SourceFrame) -> None:
        self.seen.arrivals_s.append(time.monotonic())
        self._latest.offer(frame.image, None)

    def _on_state(self, status: ReaderStatus) -> None:
        self.seen.stalls += self._ran and status.state in _INTERRUPTED
        self._ran = status.state is ReaderState.RUNNING
        self.seen.trouble = status.reason or self.seen.trouble
        refused = status.state is ReaderState.RECONNECTING and not self.seen.arrivals_s
        # A camera that can't be reached now is told at once; one that was there may come back.
        if refused or status.state in {ReaderState.ENDED, ReaderState.FAILED}:
            self._over.set()


def _say_lines(camera: PlannedCamera, verdicts: list[Verdict], say: Callable[[str], None]) -> None:
    say(f"{camera.camera_id}: {_MARKS[worst(verdicts)]}")
    for verdict in verdicts:
        say(f"  {_MARKS[verdict.grade]:<9} {verdict.about}: {one_line(verdict.text)}")


def _as_data(
    camera: PlannedCamera, seen: Observation, verdicts: list[Verdict]
) -> dict[str, object]:
    return {
        "camera_id": camera.camera_id,
        "grade": _MARKS[worst(verdicts)],
        "seen": seen.summary(),
        "verdicts": [
            {"grade": _MARKS[each.grade], "about": each.about, "text": each.text}
            for each in verdicts
        ],
    }
