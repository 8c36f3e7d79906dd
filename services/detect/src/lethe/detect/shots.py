"""Which views of a camera's tracks become templates: the first good one, then better ones."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lethe.contracts.headings import Heading
from lethe.detect.tracks import Track, Tracker
from lethe.vision.shots import View

_LAST = 1.0
"""How much a view is wanted of somebody whose last one was refused: whoever stands there averted
or blurred is tried again when nobody else has need of the place."""


@dataclass(frozen=True, slots=True)
class ShotPolicy:
    """When a view of a track is worth a template.

    The defaults were chosen on people rendered walking past (see ADR 0009): an eighth of the
    templates that every face of every frame would take, and no listed person missed for it.

    Attributes
    ----------
    gain
        A view must be better than the last shot by this factor.
    fading_s
        The merit to beat falls to 1/e in this time: a shot says the less about who is on a track
        the older it is, and shots a while apart err in different ways.
    calming
        By this share of `fading_s` every shot slows the fading down, up to `calmest` times.
    per_frame
        Templates made of one frame at most; whoever waits has a turn in the next one.
    reserve_ms, shot_ms
        Of the time until a frame must be overwritten so much is left to match, which opens what
        is made of the frame and searches for it, and each template needs so much of the rest:
        several times what it takes on an idle machine. With less, faces are followed only.
    patience_ms
        A frame whose turn came later than this after its capture gets one template at most, and
        only for somebody who has none: a better view of the others can wait until there is time.
    """

    gain: float = 1.1
    fading_s: float = 3.0
    calming: float = 0.5
    calmest: float = 8.0
    per_frame: int = 2
    reserve_ms: float = 210.0
    shot_ms: float = 80.0
    patience_ms: float = 150.0

    def room(self, left_ms: float, *, hurried: bool) -> int:
        """Return how many templates may be made of a frame with so much time left."""
        most = 1 if hurried else self.per_frame
        return max(0, min(most, int((left_ms - self.reserve_ms) / self.shot_ms)))

    def wanted(self, track: Track, merit: float, at_s: float) -> float:
        """Return how much a view is wanted, 0 for not at all, above `_LAST` for a better one."""
        if track.shot_s is None:
            return _LAST if track.refused else math.inf
        fading_s = self.fading_s * min(1 + self.calming * (track.shots - 1), self.calmest)
        to_beat = track.merit * self.gain * math.exp((track.shot_s - at_s) / fading_s)
        if merit <= to_beat:
            return 0.0
        return _LAST if track.refused else merit / to_beat


class BestShots:
    """Implements `lethe.vision.shots.ShotChooser` for one frame of one camera.

    Parameters
    ----------
    at_s
        When the frame was captured.
    left_ms
        Tells how long until the frame must be overwritten: in a late one everybody is followed,
        and who isn't embedded has a turn in the next.
    waited_ms
        How long after its capture the frame had its turn.
    """

    def __init__(
        self,
        tracker: Tracker,
        policy: ShotPolicy,
        at_s: float,
        left_ms: Callable[[], float],
        *,
        waited_ms: float = 0.0,
    ) -> None:
        self._tracker = tracker
        self._policy = policy
        self._at_s = at_s
        self._left_ms = left_ms
        self._hurried = waited_ms > policy.patience_ms
        self._tracks: list[Track] = []
        self._merits: list[float] = []

    def choose(self, views: Sequence[View]) -> list[int]:
        """Return the positions of the views to embed: people without a shot come first."""
        self._tracks = self._tracker.follow([view.face for view in views], self._at_s)
        self._merits = [view.merit for view in views]
        wanted = [
            (self._policy.wanted(track, view.merit, self._at_s), view.merit, position)
            for position, (track, view) in enumerate(zip(self._tracks, views, strict=True))
            if track.shot_s is None or not self._hurried
        ]
        chosen = sorted((entry for entry in wanted if entry[0] > 0), reverse=True)
        room = self._policy.room(self._left_ms(), hurried=self._hurried)
        return [position for _, _, position in chosen[:room]]

    def track(self, position: int) -> bytes:
        """Return the token of a view's track."""
        return self._tracks[position].token

    def heading(self, position: int) -> Heading | None:
        """Return where the person of a view is going."""
        return self._tracks[position].path.heading()

    def took(self, position: int) -> None:
        """Note that a view became a probe."""
        track = self._tracks[position]
        track.merit, track.shot_s = self._merits[position], self._at_s
        track.shots += 1
        track.refused = False

    def refused(self, position: int) -> None:
        """Note that a view was no use; its track has its turn after everybody else's."""
        self._tracks[position].refused = True
