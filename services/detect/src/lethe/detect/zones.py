"""Zones of recognition: which part of a camera's picture faces are looked for in, as ordered."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from lethe.contracts.orders import CameraAssigned, camera_hash
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CAMERA_ASSIGNED
from lethe.shredding.clock import Clock
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import Roster

Zone = Sequence[tuple[float, float]]
"""Corners in shares of the picture's width and height; without corners nothing lies in it."""

NOWHERE: Zone = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    deployment_id: str
    settings_hash: str
    zone: Zone | None


class Zones:
    """Holds the zone of every camera that was assigned. Thread-safe.

    A zone that isn't known yet can't be obeyed: until a camera's settings were heard, and the
    order that they are signed in, no face of it is searched.
    """

    def __init__(self, orders: OrderBook, roster: Roster, clock: Clock) -> None:
        self._orders = orders
        self._roster = roster
        self._clock = clock
        self._lock = Lock()
        self._zones: dict[str, _Heard] = {}

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
        heard = _Heard(camera.deployment_id, camera_hash(camera), camera.zone)
        with self._lock:
            self._zones[camera.camera_id] = heard

    def of(self, camera_id: str, deployment_id: str) -> Zone | None:
        """Return the zone that a deployment's order has; None where the whole picture is."""
        with self._lock:
            heard = self._zones.get(camera_id)
        held = self._orders.by_deployment(deployment_id)
        if heard is None or held is None or heard.deployment_id != deployment_id:
            return NOWHERE
        is_as_signed = held.order.covers(camera_id, heard.deployment_id, heard.settings_hash)
        return heard.zone if is_as_signed else NOWHERE
