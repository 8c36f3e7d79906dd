"""How cameras are, from what ingest counts of them. No picture is needed for that."""

from collections.abc import Iterable
from dataclasses import dataclass

from lethe.alert.ports import CameraStatus
from lethe.contracts.instants import Instant
from lethe.contracts.live import SlotClosed

LIVE = "live"
_SILENT_US = 5_000_000
"""A camera whose pictures come is told of five times a second."""
_WORDS = {"running": LIVE, None: LIVE, "stalled": "silent"}


@dataclass(frozen=True, slots=True)
class _Heard:
    at: Instant
    state: str
    trouble: str | None


class CameraStates:
    """What was heard of every camera last. It is counts that nobody signed: shown, and no more."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], _Heard] = {}

    def hear(self, closed: SlotClosed, named: Iterable[str], at: Instant) -> None:
        """Take what a camera yielded.

        Parameters
        ----------
        named
            The deployments whose orders name the camera: it is told of to those.
        at
            When it was heard, by this machine's clock.
        """
        state = _WORDS.get(closed.state, closed.state or LIVE)
        for deployment_id in named:
            trouble = closed.fault or closed.trouble
            self._heard[deployment_id, closed.camera_id] = _Heard(at, state, trouble)

    def status(self, camera_id: str, deployment_id: str, now: Instant) -> CameraStatus:
        """Return how a camera is now."""
        heard = self._heard.get((deployment_id, camera_id))
        if heard is None:
            return CameraStatus(camera_id, deployment_id, "assigned")
        is_silent = heard.state == LIVE and now.since_us(heard.at) > _SILENT_US
        state = "silent" if is_silent else heard.state
        return CameraStatus(camera_id, deployment_id, state, heard.trouble)
