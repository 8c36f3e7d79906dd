"""The erasure age of a frame: how long the last of its keys and clear copies lived."""

from collections.abc import Iterable, Sequence

from lethe.contracts.instants import Instant
from lethe.contracts.sealed import Purpose
from lethe.purge.copies import Copy
from lethe.purge.tallies import Frame


def erasure_age_us(number: int, frame: Frame, copies: Iterable[Copy]) -> int | None:
    """Return how long keys and clear copies of a frame lived at most; None while one may live.

    The copies that matter: the frame key at ingest and detect, for each probe its key at detect
    and match, and for a view its key at detect and alert; all of these where it isn't known which
    were used.
    """
    ages = []
    has_frame_key = False
    for copy in copies:
        if copy.purpose is Purpose.FRAME:
            has_frame_key = True
            moments = [copy.gone(number)]
        elif frame.outcome is None:
            moments = [copy.closed]
        elif copy.purpose is Purpose.VIEW:
            moments = [] if frame.view is None else [copy.gone(frame.view)]
        else:
            moments = [copy.gone(probe) for probe in frame.probes]
        for moment in moments:
            if moment is None:
                return None
            ages.append(copy.age_us(moment, frame.captured))
    return max(ages) if has_frame_key else None


def passed_us(frames: Iterable[Frame], copies: Sequence[Copy], now: Instant) -> int:
    """Return how long ago frames of a slot were captured at least, whatever is said of when.

    No frame is captured after a copy of its slot's key has died.
    """
    said_us = min(now.since_us(frame.captured) for frame in frames)
    return max([said_us, *(now.since_us(copy.dies) for copy in copies)])
