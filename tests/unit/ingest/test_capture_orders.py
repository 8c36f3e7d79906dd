"""A frame is captured and sealed under a live order, or not at all."""

from tests.support.forgetting import CAMERA, an_order, signed
from tests.support.studio import Studio

from lethe.contracts.sealed import Purpose


def test_without_a_live_order_nothing_is_captured_although_a_key_is_in_hand(
    studio: Studio,
) -> None:
    studio.path.run_slot()
    studio.path.end_order()
    assert studio.holder.holds(CAMERA, Purpose.FRAME)
    studio.release()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "no_key": 1}
    studio.check_nothing_is_busy()


def test_capture_asks_for_the_order_itself_whatever_its_holder_does(studio: Studio) -> None:
    studio.holder._order_check = None
    studio.path.run_slot()
    studio.path.end_order()
    studio.release()
    assert studio.told() == {"captured": 0, "no_key": 1}
    studio.check_nothing_is_busy()


def test_an_order_that_follows_at_once_is_another_cameras(studio: Studio) -> None:
    studio.path.run_slot()
    studio.path.end_order()
    following = an_order(deployment_id="deployment-2")
    studio.path.hear(signed(studio.path.trust, following))
    studio.path.run_slot()
    reservation = studio.holder.reserve(CAMERA, Purpose.FRAME)
    assert reservation is not None
    assert reservation.deployment_id == "deployment-2", "its key isn't in hand"
    studio.holder.release(reservation)
    studio.release()
    assert studio.told() == {"captured": 0, "no_key": 1}
    studio.check_nothing_is_busy()


def test_a_frame_released_under_an_order_that_ended_since_is_not_sealed(studio: Studio) -> None:
    studio.path.run_slot()
    studio.release()
    studio.path.end_order()
    assert studio.capture.seal_next() is None
    assert studio.told() == {"captured": 0, "key_gone": 1}
    studio.check_nothing_is_busy()
    studio.check_pictures_are_gone()
