"""How cameras are, from what ingest counts of them."""

import pytest
from tests.support.forgetting import CAMERA, signed
from tests.unit.alert.deploying.conftest import ORDER, Front

from lethe.alert.ports import CameraStatus
from lethe.contracts.live import SlotClosed
from lethe.contracts.orders import OrderStatus
from lethe.shredding.trust import LocalTrust

NAME = ORDER.deployment_id


def told(front: Front, camera_id: str = CAMERA, **how: str | None) -> None:
    front.desk.hear_camera(
        SlotClosed(
            camera_id=camera_id,
            deployment_id="",
            instance_id="ingest-1",
            slot=None,
            closed=front.clock.now(),
            offered=1,
            dropped={"no_key": 1},
            **how,
        )
    )


async def cameras(front: Front) -> tuple[CameraStatus, ...]:
    return (await front.desk.status()).cameras


async def test_a_camera_that_is_not_heard_of_is_assigned(front: Front, trust: LocalTrust) -> None:
    told(front)
    front.desk.hear_order(signed(trust, ORDER))
    assert await cameras(front) == (CameraStatus(CAMERA, NAME, "assigned"),)


@pytest.mark.parametrize(
    ("state", "word"),
    [("running", "live"), (None, "live"), ("stalled", "silent"), ("reconnecting", "reconnecting")],
)
async def test_a_camera_is_as_it_was_told_last(
    front: Front, trust: LocalTrust, state: str | None, word: str
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    told(front, state="starting")
    told(front, state=state, trouble=None if word == "live" else "no answer")
    why = None if word == "live" else "no answer"
    assert await cameras(front) == (CameraStatus(CAMERA, NAME, word, why),)


async def test_a_camera_of_which_nothing_is_heard_any_more_is_silent(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    told(front, state="running")
    front.clock.time.advance_ms(5_001)
    assert [each.state for each in await cameras(front)] == ["silent"]


async def test_cameras_that_no_order_names_or_whose_order_ended_are_not_shown(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    told(front, "made-up", state="running")
    assert [each.camera_id for each in await cameras(front)] == [CAMERA]
    front.desk.hear_order(signed(trust, ORDER, status=OrderStatus.ENDED, serial=2))
    assert await cameras(front) == ()
