"""What a camera may be assigned, and that no credential travels with it."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import ValidationError

from lethe.contracts.cameras import (
    CREDENTIALS_ERROR,
    MOST_CORNERS,
    Point,
    Transport,
    holds_credentials,
)
from lethe.contracts.orders import CameraAssigned, camera_hash

SQUARE = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]


def camera(**changes: object) -> CameraAssigned:
    content = {"camera_id": "gate", "deployment_id": "d", "source": "rtsp://gate/stream"}
    return CameraAssigned.model_validate(content | changes)


def test_masks_and_zone_survive_the_wire() -> None:
    assigned = camera(masks=[SQUARE], zone=SQUARE, secret="gate", transport="udp", follow=True)
    assert CameraAssigned.decode(assigned.encode()) == assigned
    assert assigned.zone is not None
    assert assigned.zone[0] == Point(0.1, 0.1)
    assert assigned.transport is Transport.UDP


def test_what_an_older_alert_wrote_is_read() -> None:
    older = {"camera_id": "gate", "deployment_id": "d", "source": "a.mp4", "realtime": True}
    assigned = CameraAssigned.model_validate(older)
    assert (assigned.masks, assigned.zone, assigned.secret) == ([], None, None)


@pytest.mark.parametrize(
    "polygon",
    [
        [],
        [(0, 0), (1, 1)],
        [(0, 0), (0.5, 0.5), (1, 1)],
        [(0.2, 0.2)] * 4,
        [(0, 0), (1, 0), (1, 1.01)],
        [(0, 0), (1, 0), (-0.01, 1)],
        [(0, 0), (1, 0), (math.nan, 1)],
        [(0, 0), (1, 0), (math.inf, 1)],
        [(0, 0, 0), (1, 0, 0), (1, 1, 0)],
        [(0.001 * n, (n % 2) * 1.0) for n in range(65)],
        # A bow tie, a pentagram, a corner on another edge, and one that is named twice.
        [(0, 0), (1, 1), (1, 0), (0, 0.5)],
        [(0.5, 0), (0.8, 1), (0, 0.4), (1, 0.4), (0.2, 1)],
        [(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)],
        [(0, 0), (1, 0), (1, 0), (1, 1)],
    ],
)
def test_a_polygon_that_is_none_is_refused(polygon: list[tuple[float, ...]]) -> None:
    with pytest.raises(ValidationError):
        camera(zone=polygon)
    with pytest.raises(ValidationError):
        camera(masks=[SQUARE, polygon])


@given(st.lists(st.floats(0.05, 1.0), min_size=3, max_size=MOST_CORNERS))
def test_an_outline_around_a_point_is_taken(reaches: list[float]) -> None:
    turn = math.tau / len(reaches)
    corners = [
        (0.5 + reach * math.cos(turn * n) / 2, 0.5 + reach * math.sin(turn * n) / 2)
        for n, reach in enumerate(reaches)
    ]
    assert camera(masks=[corners]).masks


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a b"])
def test_a_secret_is_named_by_a_plain_name(name: str) -> None:
    with pytest.raises(ValidationError):
        camera(secret=name)


def test_an_address_with_a_password_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        camera(source="rtsp://admin:hunter2@gate/stream")
    [fault] = caught.value.errors(include_input=False)
    assert fault["type"] == CREDENTIALS_ERROR
    assert "secret" in fault["msg"]
    assert "hunter2" not in str(caught.value)


_WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)


@given(_WORDS, _WORDS, _WORDS)
def test_user_information_is_seen_in_any_address(user: str, password: str, host: str) -> None:
    assert holds_credentials(f"rtsp://{user}:{password}@{host}/s")
    assert holds_credentials(f"http://{host}/v?x=1&password={password}")
    assert not holds_credentials(f"rtsp://{host}/{user}/{password}")
    assert not holds_credentials(f"http://{host}/v?user={{user}}&pwd={{password}}")


CORNERS = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.25)]
OTHERWISE: dict[str, object] = {
    "camera_id": "yard",
    "source": "rtsp://192.0.2.2/stream",
    "realtime": False,
    "loop": True,
    "max_fps": 3.5,
    "max_width": 640,
    "jpeg_quality": 70,
    "follow": True,
    "secret": "yard",
    "transport": "udp",
    "masks": [CORNERS],
    "zone": CORNERS,
}
SETS_NOTHING: dict[str, object] = {"deployment_id": "another", "withdrawn": True}


def set_so(**changes: object) -> CameraAssigned:
    content = {"camera_id": "gate", "deployment_id": "d", "source": "rtsp://192.0.2.1/stream"}
    return CameraAssigned.model_validate(content | changes)


def test_whatever_is_set_of_a_camera_otherwise_has_another_hash() -> None:
    assert OTHERWISE.keys() | SETS_NOTHING.keys() == CameraAssigned.model_fields.keys()
    hashes = {camera_hash(set_so(**{name: value})) for name, value in OTHERWISE.items()}
    assert len(hashes | {camera_hash(set_so())}) == len(OTHERWISE) + 1


def test_what_sets_nothing_of_a_camera_has_the_same_hash() -> None:
    for name, value in SETS_NOTHING.items():
        assert camera_hash(set_so(**{name: value})) == camera_hash(set_so())


def test_the_hash_of_a_camera_is_the_same_however_it_was_sent() -> None:
    camera = set_so(**OTHERWISE)
    sent = [
        CameraAssigned.decode(camera.encode()),
        CameraAssigned.model_validate_json(camera.model_dump_json()),
        CameraAssigned.model_validate(camera.model_dump(exclude_defaults=True)),
    ]
    assert {camera_hash(each) for each in sent} == {camera_hash(camera)}


def test_the_hash_of_a_camera_stays_what_was_signed() -> None:
    signed = "85ded1db8df782ff538fb27ecdcb7107bfc0501ea8cdb5e6ed448136f5fda301"
    assert camera_hash(set_so(max_fps=8, zone=CORNERS)) == signed
