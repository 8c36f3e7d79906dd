"""Zones of recognition: which part of a camera's picture faces are looked for in."""

from collections.abc import Sequence
from threading import Lock

from lethe.contracts.orders import CameraAssigned
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CAMERA_ASSIGNED
from lethe.shredding.clock import Clock
from lethe.shredding.roster import Roster

Zone = Sequence[tuple[float, float]]
"""Corners in shares of the picture's width and height; without corners nothing lies in it."""

NOWHERE: Zone = ()


class Zones:
    """Holds the zone of every camera that was assigned. Thread-safe.

    A zone that isn't known yet can't be obeyed: until a camera's settings were heard, no face of
    it is searched.
    """

    def __init__(self, roster: Roster, clock: Clock) -> None:
        self._roster = roster
        self._clock = clock
        self._lock = Lock()
        self._zones: dict[str, tuple[str, Zone | None]] = {}

    def hear(self, body: bytes) -> None:
        """Check alert's signature and take a camera's zone.

        Raises
        ------
        InvalidMessage, Refused
            If the record doesn't fit its contract, or alert didn't sign it.
        """
        envelope = SignedEnvelope.decode(body)
        roles = (CAMERA_ASSIGNED.producer,)
        self._roster.check(envelope, CAMERA_ASSIGNED.name, roles, self._clock.wall_us())
        camera = CameraAssigned.decode(envelope.payload)
        with self._lock:
            self._zones[camera.camera_id] = camera.deployment_id, camera.zone

    def of(self, camera_id: str, deployment_id: str) -> Zone | None:
        """Return a camera's zone in a deployment; None where the whole picture is."""
        with self._lock:
            heard_of, zone = self._zones.get(camera_id, ("", NOWHERE))
        return zone if heard_of == deployment_id else NOWHERE
