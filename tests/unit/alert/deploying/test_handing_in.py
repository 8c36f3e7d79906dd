"""Alert passes on orders that hold, with cameras that they name and set so."""

import pytest
from tests.support.forgetting import (
    CAMERA,
    a_camera,
    drafted,
    signed,
    signer_of,
)
from tests.unit.alert.deploying.conftest import ORDER, Front, camera

from lethe.alert.alerts import AlertTerms
from lethe.alert.errors import Conflict
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrdered,
    OrderStatus,
    OrderType,
    camera_hash,
)
from lethe.shredding.authorising import authorise, sign_order
from lethe.shredding.trust import LocalTrust


async def test_an_order_that_holds_is_published_with_its_cameras(
    front: Front, trust: LocalTrust
) -> None:
    ordered = signed(trust, ORDER)
    assert await front.desk.order(ordered, [camera()]) == ORDER.deployment_id
    assert front.published == [(ordered, ORDER.deployment_id, [camera()])]
    status = await front.desk.status()
    [deployment], [shown] = status.deployments, status.cameras
    assert (deployment.status, deployment.threshold) == ("running", ORDER.threshold)
    assert (shown.camera_id, shown.deployment_id) == (CAMERA, ORDER.deployment_id)
    assert front.desk.terms(ORDER.deployment_id) == AlertTerms(OrderType.LOCAL, 7)
    assert front.desk.terms("unknown") == AlertTerms()


def unsigned(ordered: DeploymentOrdered) -> DeploymentOrdered:
    return ordered.model_copy(
        update={"order": ordered.order.model_copy(update={"signature": bytes(64)})}
    )


def altered(ordered: DeploymentOrdered) -> DeploymentOrdered:
    payload = ORDER.model_copy(update={"threshold": 0.1}).encode()
    return ordered.model_copy(
        update={"order": ordered.order.model_copy(update={"payload": payload})}
    )


def of_another_state(ordered: DeploymentOrdered) -> DeploymentOrdered:
    state = ordered.state.model_copy(update={"signer": "alert"})
    return ordered.model_copy(update={"state": state})


@pytest.mark.parametrize("forge", [unsigned, altered, of_another_state])
async def test_a_forged_order_is_refused(front: Front, trust: LocalTrust, forge: object) -> None:
    assert callable(forge)
    with pytest.raises(Refused):
        await front.desk.order(forge(signed(trust, ORDER)), [camera()])
    assert (front.published, (await front.desk.status()).deployments) == ([], ())


async def test_an_order_that_a_service_signed_is_refused(front: Front, trust: LocalTrust) -> None:
    by_alert = sign_order(ORDER.model_copy(update={"authorised_by": "alert"}),
                          signer_of(trust, "alert"))  # fmt: skip
    with pytest.raises(Refused):
        await front.desk.order(by_alert, [camera()])
    assert front.published == []


@pytest.mark.parametrize("wrong", [camera("gate-2"), camera(deployment_id="deployment-2")])
async def test_a_camera_that_the_order_does_not_name_is_refused(
    front: Front, trust: LocalTrust, wrong: CameraAssigned
) -> None:
    with pytest.raises(Refused, match="isn't named by the order"):
        await front.desk.order(signed(trust, ORDER), [camera(), wrong])
    assert (front.published, (await front.desk.status()).cameras) == ([], ())


async def test_a_camera_of_an_order_that_is_not_over_is_not_taken_from_it(
    front: Front, trust: LocalTrust
) -> None:
    await front.desk.order(signed(trust, ORDER), [camera()])
    other = ORDER.model_copy(update={"deployment_id": "deployment-2"})
    taking = [camera(deployment_id="deployment-2")]
    with pytest.raises(Conflict, match=f"belongs to {ORDER.deployment_id}"):
        await front.desk.order(signed(trust, other), taking)
    assert len(front.published) == 1
    assert len((await front.desk.status()).deployments) == 1
    await front.desk.end(ORDER.deployment_id, "whoever is on duty")
    assert await front.desk.order(signed(trust, other), taking) == "deployment-2"


async def test_who_hands_an_order_in_again_changes_no_camera_of_it(
    front: Front, trust: LocalTrust
) -> None:
    ordered = signed(trust, ORDER)
    await front.desk.order(ordered, [camera()])
    await front.desk.order(ordered, [camera()])
    elsewhere = camera().model_copy(update={"source": "another.mp4"})
    with pytest.raises(Conflict, match="assigned otherwise"):
        await front.desk.order(ordered, [elsewhere])
    assert [cameras for _, _, cameras in front.published] == [[camera()], [camera()]]


@pytest.mark.parametrize(
    "tampered",
    [
        {"source": "rtsp://192.0.2.9/private"},
        {"masks": []},
        {"masks": [[(0.0, 0.0), (0.1, 0.0), (0.0, 0.1)]]},
        {"zone": None},
        {"max_fps": 30},
        {"secret": "another"},
    ],
)
async def test_a_camera_that_is_set_otherwise_than_it_was_signed_is_refused(
    front: Front, trust: LocalTrust, tampered: dict[str, object]
) -> None:
    corner, rest = [(0.0, 0.0), (0.3, 0.0), (0.0, 0.3)], [(0.3, 0.3), (1.0, 0.3), (1.0, 1.0)]
    signed_so = a_camera(deployment_id="fair", masks=[corner], zone=rest, secret="gate")
    draft = drafted(trust, deployment_id="fair", camera_hashes={CAMERA: camera_hash(signed_so)})
    ordered = authorise(draft, signer_of(trust, "officer"))
    otherwise = CameraAssigned.model_validate(signed_so.model_dump() | tampered)
    with pytest.raises(Refused, match="set otherwise than the order says"):
        await front.desk.order(ordered, [otherwise])
    assert (front.published, (await front.desk.status()).deployments) == ([], ())
    await front.desk.order(ordered, [signed_so])
    assert front.published == [(ordered, "fair", [signed_so])]


async def test_a_camera_is_withdrawn_under_its_order(front: Front, trust: LocalTrust) -> None:
    await front.desk.order(signed(trust, ORDER), [camera()])
    ended = signed(trust, ORDER, status=OrderStatus.ENDED, serial=2)
    withdrawn = camera().model_copy(update={"withdrawn": True})
    await front.desk.order(ended, [withdrawn])
    assert front.published[-1] == (ended, ORDER.deployment_id, [withdrawn])


async def test_an_order_that_the_broker_did_not_take_may_be_sent_again(
    front: Front, trust: LocalTrust
) -> None:
    front.broker_away = True
    with pytest.raises(Transient):
        await front.desk.order(signed(trust, ORDER), [camera()])
    assert (front.published, (await front.desk.status()).deployments) == ([], ())
    front.broker_away = False
    await front.desk.order(signed(trust, ORDER), [camera()])
    assert len(front.published) == 1


async def test_a_camera_is_not_changed_under_an_order_by_a_restart_of_alert(
    front: Front, trust: LocalTrust
) -> None:
    ordered = signed(trust, ORDER)
    await front.desk.order(ordered, [camera()])
    again = Front(trust)
    again.desk.hear_order(ordered)
    again.desk.hear_assigned(camera())
    other = camera().model_copy(update={"source": "other.mp4"})
    with pytest.raises(Conflict, match="assigned otherwise under this order"):
        await again.desk.order(ordered, [other])
    assert again.published == []
    await again.desk.order(ordered, [camera()])
