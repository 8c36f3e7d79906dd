"""Alert passes on orders that hold with cameras that they name, and tells when it is blind."""

import pytest
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import (
    CAMERA,
    a_camera,
    an_order,
    drafted,
    local_trust,
    resumed,
    signed,
    signer_of,
)

from lethe.alert.alerts import AlertTerms
from lethe.alert.deploying import DeploymentDesk
from lethe.alert.errors import Conflict, NotFound
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.orders import (
    CameraAssigned,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    OrderType,
    camera_hash,
)
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.shredding.authorising import authorise, sign_order
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

ORDER = an_order(watchlist_hash="ab" * 32, alert_retention_hours=7)
LISTS = {ORDER.watchlist_id: ORDER.watchlist_hash}


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


class Front:
    """A desk with a broker that remembers."""

    def __init__(self, trust: LocalTrust) -> None:
        self.clock = FakeClock()
        self.published: list[tuple[DeploymentOrdered, str, list[CameraAssigned]]] = []
        self.broker_away = False
        book = OrderBook(trust.roster())
        key = signer_of(trust, "alert")
        self.desk = DeploymentDesk(book, Suspensions(book), self.clock, self._publish, key)

    async def _publish(
        self, ordered: DeploymentOrdered, deployment_id: str, cameras: list[CameraAssigned]
    ) -> None:
        if self.broker_away:
            raise Transient("the broker doesn't take it")
        self.published.append((ordered, deployment_id, cameras))

    def hear(self, lists: dict[str, str], *, leaving: bool = False) -> list[str]:
        """Hear a match instance's ticket now."""
        ticket = KeyTicket(
            instance_id="match-1",
            role=Role.MATCH,
            boot="run",
            sequence=1,
            sent=self.clock.now(),
            public_key=b"",
            watchlists=lists,
            leaving=leaving,
        )
        return self.desk.hear_match(ticket, self.clock.now())

    async def blind(self) -> str | None:
        return (await self.desk.status()).blind


@pytest.fixture(name="front")
def front_(trust: LocalTrust) -> Front:
    return Front(trust)


def camera(camera_id: str = CAMERA, deployment_id: str = ORDER.deployment_id) -> CameraAssigned:
    return CameraAssigned(camera_id=camera_id, deployment_id=deployment_id, source="footage.mp4")


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
    assert (await front.desk.status()).cameras == ()
    front.broker_away = False
    await front.desk.order(signed(trust, ORDER), [camera()])
    assert len(front.published) == 1


async def test_before_its_window_an_order_is_authorised(front: Front, trust: LocalTrust) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.clock.step_wall(-2 * 3_600_000)
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "authorised"


async def test_an_order_is_over_when_it_ended_or_its_time_is_up(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.clock.step_wall(2 * 3_600_000)
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "over"
    front.clock.step_wall(-2 * 3_600_000)
    front.desk.hear_order(signed(trust, ORDER, status=OrderStatus.ENDED, serial=2))
    [deployment] = (await front.desk.status()).deployments
    assert deployment.status == "over"
    with pytest.raises(Refused):
        front.desk.hear_order(signed(trust, ORDER))


async def test_whoever_is_on_duty_ends_an_order_and_no_officer_revives_it(
    front: Front, trust: LocalTrust
) -> None:
    await front.desk.order(signed(trust, ORDER), [camera()])
    assert await front.desk.end(ORDER.deployment_id, "olga")
    ended, deployment_id, _ = front.published[-1]
    assert (deployment_id, OrderState.decode(ended.state.payload).ended_by) == (
        ORDER.deployment_id,
        "olga",
    )
    elsewhere = OrderBook(trust.roster())
    elsewhere.hear(signed(trust, ORDER), WALL_US)
    elsewhere.hear(ended, WALL_US)
    assert elsewhere.live_orders(WALL_US) == []
    for serial in (2, WALL_US * 2):
        with pytest.raises(Refused):
            elsewhere.hear(signed(trust, ORDER, serial=serial), WALL_US)
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "over"
    assert not await front.desk.end(ORDER.deployment_id, "again")
    assert len(front.published) == 2


async def test_purge_is_told_of_false_alerts_of_orders_that_have_a_budget(
    front: Front, trust: LocalTrust
) -> None:
    counts = {"fair": 2, ORDER.deployment_id: 7, "unknown": 1}
    assert front.desk.budgeted(counts) == {}
    front.desk.hear_order(signed(trust, ORDER))
    draft = drafted(trust, deployment_id="fair")
    front.desk.hear_order(authorise(draft, signer_of(trust, "officer")))
    assert front.desk.budgeted(counts) == {"fair": 2}
    assert front.desk.budgeted({}) == {"fair": 0}
    await front.desk.end("fair", "olga")
    assert front.desk.budgeted(counts) == {}


async def test_an_order_goes_on_when_nobody_can_be_told_of_its_end(
    front: Front, trust: LocalTrust
) -> None:
    with pytest.raises(NotFound):
        await front.desk.end(ORDER.deployment_id, "olga")
    await front.desk.order(signed(trust, ORDER), [camera()])
    front.broker_away = True
    with pytest.raises(Transient):
        await front.desk.end(ORDER.deployment_id, "olga")
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "running"


async def test_it_is_blind_while_nobody_holds_the_ordered_watchlist(
    front: Front, trust: LocalTrust
) -> None:
    assert await front.blind() is None, "nothing is ordered"
    front.desk.hear_order(signed(trust, ORDER))
    assert await front.blind() is not None, "no match was heard"
    assert front.hear({ORDER.watchlist_id: "cd" * 32}) == [ORDER.watchlist_id]
    assert await front.blind() is not None, "match holds another list"
    assert front.hear({}) == [ORDER.watchlist_id]
    assert front.hear(LISTS) == []
    assert await front.blind() is None


async def test_a_match_that_falls_silent_or_leaves_makes_it_blind(
    front: Front, trust: LocalTrust
) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.hear(LISTS)
    front.clock.time.advance_ms(1_999)
    assert await front.blind() is None
    front.clock.time.advance_ms(1)
    blind = await front.blind()
    assert blind is not None
    assert ORDER.deployment_id in blind
    front.hear(LISTS)
    assert await front.blind() is None
    assert front.hear({}, leaving=True) == []
    assert await front.blind() is not None


async def test_after_its_end_an_order_needs_nobody(front: Front, trust: LocalTrust) -> None:
    front.desk.hear_order(signed(trust, ORDER))
    front.desk.hear_order(signed(trust, ORDER, status=OrderStatus.ENDED, serial=2))
    assert await front.blind() is None
    assert front.hear({}) == []
    assert front.clock.wall_us() == WALL_US


async def test_a_suspended_deployment_says_why_until_it_is_lifted(trust: LocalTrust) -> None:
    front = Front(trust)
    await front.desk.order(signed(trust, ORDER), [])
    said = DeploymentSuspended(
        suspension_id="s-1",
        deployment_id=ORDER.deployment_id,
        ground=SuspensionGround.AGE_OVER_BUDGET,
        slot="term-1",
        at=front.clock.now(),
    )
    front.desk.hear_suspension(said)
    [stands] = (await front.desk.status()).deployments
    assert stands.status == "suspended"
    assert stands.suspended is not None
    assert stands.suspended.reason == said.ground.sentence
    found = front.desk.deployment(ORDER.deployment_id)
    assert found is not None
    lifted = resumed(trust, found.signed, lifts="s-1", serial=found.serial + 1)
    await front.desk.order(lifted, [])
    [stands] = (await front.desk.status()).deployments
    assert (stands.status, stands.suspended) == ("running", None)
    assert front.desk.deployment("another") is None
