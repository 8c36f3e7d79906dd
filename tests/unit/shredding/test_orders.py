"""Orders hold as an officer signed them, and no longer than that."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.clocks import WALL_US
from tests.support.forgetting import (
    CAMERA,
    an_order,
    book_with,
    signed,
    signer_of,
)
from tests.support.roots import Root

from lethe.contracts.errors import Refused
from lethe.contracts.orders import OrderStatus
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import sign_order, sign_state
from lethe.shredding.orders import OrderBook, OtherReceiptsKey
from lethe.shredding.roster import OFFICER_ROLE
from lethe.shredding.trust import LocalTrust

_HOUR_US = 3_600_000_000


def test_an_order_is_live_inside_its_window_and_for_its_cameras_only(trust: LocalTrust) -> None:
    order = an_order()
    book = book_with(trust, order)
    live = book.live_order(CAMERA, WALL_US)
    assert live is not None
    assert live.order == order
    assert book.live_order("gate-2", WALL_US) is None
    assert book.live_order(CAMERA, order.starts_at_us - 1) is None
    assert book.live_order(CAMERA, order.ends_at_us) is None


def test_two_orders_for_one_camera_stop_it_rather_than_choose(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    book.hear(signed(trust, an_order(deployment_id="deployment-2")), WALL_US)
    assert len(book.live_orders(WALL_US)) == 2
    assert book.live_order(CAMERA, WALL_US) is None


def test_every_camera_is_told_with_the_one_live_order_that_names_it(trust: LocalTrust) -> None:
    book = book_with(trust, an_order(camera_ids=[CAMERA, "gate-2"]))
    other = an_order(deployment_id="deployment-2", camera_ids=["gate-2", "gate-3"])

    def lanes() -> dict[str, str]:
        told = book.live_lanes(WALL_US)
        for lane in (CAMERA, "gate-2", "gate-3"):
            assert book.live_order(lane, WALL_US) is told.get(lane)
        return {lane: held.order.deployment_id for lane, held in told.items()}

    assert lanes() == {CAMERA: "deployment-1", "gate-2": "deployment-1"}
    book.hear(signed(trust, other), WALL_US)
    assert lanes() == {CAMERA: "deployment-1", "gate-3": "deployment-2"}
    book.hear(signed(trust, other, status=OrderStatus.ENDED, serial=2), WALL_US)
    assert lanes() == {CAMERA: "deployment-1", "gate-2": "deployment-1"}
    assert book.live_lanes(an_order().ends_at_us) == {}


def test_verifying_an_order_changes_nothing_that_is_held(trust: LocalTrust) -> None:
    order = an_order()
    book = book_with(trust, order)
    held, progress = book.all_orders(), dict(book.progress)
    ended, state, signers = book._verified(
        signed(trust, order, status=OrderStatus.ENDED, serial=2), WALL_US
    )
    assert (ended.status, state.serial) == (OrderStatus.ENDED, 2)
    assert [each.role for each in signers] == [OFFICER_ROLE, OFFICER_ROLE]
    assert (book.all_orders(), dict(book.progress)) == (held, progress)


@pytest.mark.parametrize(
    "changes",
    [
        {"authorised_by": "somebody-else"},
        {"camera_ids": []},
        {"camera_ids": [CAMERA, "enrolment"]},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US + 12 * _HOUR_US + 1},
        {"watchlist_size": 1001},
        {"watchlist_size": -1},
    ],
)
def test_an_order_beyond_what_its_type_allows_is_refused(
    trust: LocalTrust, changes: dict[str, object]
) -> None:
    book = OrderBook(trust.roster())
    with pytest.raises(Refused):
        book.hear(signed(trust, an_order(**changes)), WALL_US)
    assert not book.live_orders(WALL_US)
    full = {"starts_at_us": WALL_US, "ends_at_us": WALL_US + 12 * _HOUR_US, "watchlist_size": 1000}
    book.hear(signed(trust, an_order(**full)), WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None


def test_local_orders_can_be_refused_altogether(trust: LocalTrust) -> None:
    with pytest.raises(Refused, match="local orders"):
        OrderBook(trust.roster(), allow_local=False).hear(signed(trust, an_order()), WALL_US)


def test_an_orders_state_cannot_go_back_nor_an_ended_one_revive(trust: LocalTrust) -> None:
    order = an_order()
    book = book_with(trust, order)
    running = signed(trust, order, serial=4)
    book.hear(running, WALL_US)
    book.hear(running, WALL_US)
    for older in (3, 4):
        with pytest.raises(Refused):
            book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=older), WALL_US)
    book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=5), WALL_US)
    for serial in (1, 4, 5, 6):
        with pytest.raises(Refused):
            book.hear(signed(trust, order, serial=serial), WALL_US)
        assert book.live_order(CAMERA, WALL_US) is None


def test_another_order_cannot_take_a_deployments_name_or_state(trust: LocalTrust) -> None:
    order, other = an_order(), an_order(threshold=0.1)
    book = book_with(trust, order)
    with pytest.raises(Refused):
        book.hear(signed(trust, other, serial=9), WALL_US)
    mixed = signed(trust, other).model_copy(update={"state": signed(trust, order).state})
    with pytest.raises(Refused):
        OrderBook(trust.roster()).hear(mixed, WALL_US)
    held = book.by_deployment("deployment-1")
    assert held is not None
    assert held.order == order


@pytest.mark.parametrize("part", ["order", "state"])
def test_only_an_officer_can_sign_an_order_and_its_state(trust: LocalTrust, part: str) -> None:
    genuine = signed(trust, an_order())
    envelope: SignedEnvelope = getattr(genuine, part)
    context = {"order": "lethe order", "state": "lethe order state"}[part]
    forgeries = [
        *(signer_of(trust, name).sign(context, envelope.payload) for name in ("alert", "purge")),
        signer_of(trust, "officer").sign("lethe roster", envelope.payload),
        envelope.model_copy(update={"payload": envelope.payload + b"\0"}),
        envelope.model_copy(update={"signature": bytes(64)}),
        signer_of(trust, "officer").sign(context, b"no order"),
    ]
    for forged in forgeries:
        with pytest.raises(Refused):
            OrderBook(trust.roster()).hear(genuine.model_copy(update={part: forged}), WALL_US)
    OrderBook(trust.roster()).hear(genuine, WALL_US)


@pytest.mark.parametrize("service", ["ingest", "detect", "match", "purge", "drafter"])
def test_only_an_officer_and_alert_end_an_order(trust: LocalTrust, service: str) -> None:
    book = book_with(trust, an_order())
    held = book.by_deployment("deployment-1")
    assert held is not None
    for name in (service, "alert"):
        ended = sign_state(held.signed, signer_of(trust, name), status=OrderStatus.ENDED, serial=2)
        if name == service:
            with pytest.raises(Refused):
                book.hear(ended, WALL_US)
            assert book.live_order(CAMERA, WALL_US) is not None
        else:
            book.hear(ended, WALL_US)
    assert book.live_order(CAMERA, WALL_US) is None


@pytest.mark.parametrize("lifts", [None, "s-1"])
def test_alert_ends_an_order_and_signs_nothing_else_of_it(
    trust: LocalTrust, lifts: str | None
) -> None:
    ordered = signed(trust, an_order())
    running = sign_state(
        ordered.order, signer_of(trust, "alert"), status=OrderStatus.RUNNING, serial=2, lifts=lifts
    )
    book = OrderBook(trust.roster())
    for _ in range(2):
        with pytest.raises(Refused):
            book.hear(running, WALL_US)
        assert not book.lifts("deployment-1", "s-1")
        book.hear(ordered, WALL_US)


def test_an_order_ends_with_the_standing_of_the_officer_who_signed_it(tmp_path: Path) -> None:
    root = Root(tmp_path)
    officer = Ed25519PrivateKey.generate()
    key_file = tmp_path / "purge.key"
    key_file.write_text(officer.private_bytes_raw().hex())
    root.publish(1, role=OFFICER_ROLE, key=officer.public_key().public_bytes_raw())
    roster = root.read()
    book = OrderBook(roster)
    trust = LocalTrust(tmp_path, "")
    (tmp_path / "keys").mkdir()
    key_file.rename(trust.key_file("purge"))
    ordered = sign_order(an_order(authorised_by="purge"), signer_of(trust, "purge"))
    book.hear(ordered, WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None
    root.publish(2, role="ingest", key=officer.public_key().public_bytes_raw())
    roster.reload()
    assert book.live_order(CAMERA, WALL_US) is None


def test_an_order_that_pins_another_receipts_key_is_refused_until_it_has_ended(
    trust: LocalTrust,
) -> None:
    order = an_order(receipts_key="ab" * 32)
    book = OrderBook(trust.roster())
    book.require_receipts_key("cd" * 32)
    with pytest.raises(OtherReceiptsKey, match="another receipts key"):
        book.hear(signed(trust, order), WALL_US)
    assert not book.live_orders(WALL_US)
    book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=2), WALL_US)
    assert book.has_ended(order.deployment_id)


@pytest.mark.parametrize("pinned", ["ab" * 32, None])
def test_an_order_that_pins_this_receipts_key_or_none_is_obeyed(
    trust: LocalTrust, pinned: str | None
) -> None:
    book = OrderBook(trust.roster())
    book.require_receipts_key("ab" * 32)
    book.hear(signed(trust, an_order(receipts_key=pinned)), WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None
