"""Detect hears of zones from alert alone, and looks nowhere until it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import CAMERA, a_camera, an_order, book_with, signed

from lethe.contracts.errors import LetheError, Refused
from lethe.contracts.orders import CameraAssigned, camera_hash
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CAMERA_ASSIGNED, SLOT_CLOSED
from lethe.detect.zones import NOWHERE, Zones
from lethe.shredding.orders import OrderBook
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust

SQUARE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]


def assigned(key_file: Path, topic: str = CAMERA_ASSIGNED.name, **changes: object) -> bytes:
    content = {"camera_id": CAMERA, "deployment_id": "d", "source": "a.mp4"}
    camera = CameraAssigned.model_validate(content | changes)
    return Signer.from_file(key_file).sign(topic, camera.encode()).encode()


def ordered(trust: LocalTrust, **changes: object) -> OrderBook:
    return book_with(trust, an_order(deployment_id="d", **changes))


@pytest.fixture(name="zones")
def zones_(trust: LocalTrust) -> Zones:
    return Zones(ordered(trust), trust.roster(), FakeClock())


def test_a_camera_that_wasnt_heard_of_is_looked_at_nowhere(zones: Zones) -> None:
    assert zones.of(CAMERA, "d") == NOWHERE


def test_a_zone_is_taken_and_changed_by_its_newest_settings(
    zones: Zones, trust: LocalTrust
) -> None:
    alert = trust.key_file("alert")
    zones.hear(assigned(alert, zone=SQUARE))
    heard = zones.of(CAMERA, "d")
    assert heard is not None
    assert [tuple(corner) for corner in heard] == SQUARE
    zones.hear(assigned(alert))
    assert zones.of(CAMERA, "d") is None


def test_a_zone_of_another_deployment_is_none_of_this_one(zones: Zones, trust: LocalTrust) -> None:
    zones.hear(assigned(trust.key_file("alert")))
    assert zones.of(CAMERA, "d") is None
    assert zones.of(CAMERA, "another") == NOWHERE


def test_before_its_order_was_heard_a_camera_is_looked_at_nowhere(trust: LocalTrust) -> None:
    orders = OrderBook(trust.roster())
    zones = Zones(orders, trust.roster(), FakeClock())
    zones.hear(assigned(trust.key_file("alert")))
    assert zones.of(CAMERA, "d") == NOWHERE
    orders.hear(signed(trust, an_order(deployment_id="d")), WALL_US)
    assert zones.of(CAMERA, "d") is None


@pytest.mark.parametrize("tampered", [{"zone": None}, {"masks": []}, {"source": "b.mp4"}])
def test_a_camera_that_is_set_otherwise_than_its_order_says_is_looked_at_nowhere(
    trust: LocalTrust, tampered: dict[str, object]
) -> None:
    alert = trust.key_file("alert")
    genuine: dict[str, object] = {"zone": SQUARE, "masks": [SQUARE]}
    camera = a_camera(deployment_id="d", source="a.mp4", **genuine)
    zones = Zones(
        ordered(trust, camera_hashes={CAMERA: camera_hash(camera)}), trust.roster(), FakeClock()
    )
    zones.hear(assigned(alert, CAMERA_ASSIGNED.name, **(genuine | tampered)))
    assert zones.of(CAMERA, "d") == NOWHERE
    zones.hear(assigned(alert, CAMERA_ASSIGNED.name, **genuine))
    assert zones.of(CAMERA, "d") == camera.zone


def test_a_zone_that_alert_didnt_sign_is_refused(zones: Zones, trust: LocalTrust) -> None:
    for forged in (
        assigned(trust.key_file("ingest")),
        assigned(trust.key_file("alert"), topic=SLOT_CLOSED.name),
    ):
        with pytest.raises(Refused):
            zones.hear(forged)
    assert zones.of(CAMERA, "d") == NOWHERE


@pytest.mark.parametrize(
    "body", [b"", b"garbage", SignedEnvelope(signer="alert", payload=b"", signature=b"").encode()]
)
def test_garbage_is_refused(zones: Zones, body: bytes) -> None:
    with pytest.raises(LetheError):
        zones.hear(body)
