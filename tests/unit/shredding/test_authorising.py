"""An operational order is drafted by one person and authorised by another: by their signatures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.clocks import WALL_US
from tests.support.forgetting import CAMERA, drafted, operational, signed, signer_of
from tests.support.rosters import Colleagues

from lethe.contracts.errors import Refused
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import authorise, sign_draft
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

HOUR_US = 3_600_000_000
PLAIN = operational(authorised_by="")


@pytest.fixture(name="colleagues")
def colleagues_(tmp_path: Path) -> Colleagues:
    return Colleagues(tmp_path)


def hear(trust: LocalTrust, ordered: DeploymentOrdered) -> OrderBook:
    book = OrderBook(trust.roster(), allow_local=False)
    book.hear(ordered, WALL_US)
    return book


def test_what_one_person_drafted_and_another_authorised_is_obeyed_in_production(
    trust: LocalTrust,
) -> None:
    draft = drafted(trust)
    book = hear(trust, authorise(draft, signer_of(trust, "officer")))
    live = book.live_order(CAMERA, WALL_US)
    assert live is not None
    assert (live.order.authorised_by, live.order.draft) == ("officer", draft)
    assert live.order.grounds == DeploymentOrder.decode(draft.payload).grounds


def test_nobody_authorises_their_own_draft(trust: LocalTrust) -> None:
    draft = drafted(trust, by="officer")
    with pytest.raises(Refused, match="authorised by who drafted it"):
        hear(trust, authorise(draft, signer_of(trust, "officer")))


def test_an_operational_order_without_a_draft_is_refused(trust: LocalTrust) -> None:
    with pytest.raises(Refused, match="nobody has drafted it"):
        hear(trust, signed(trust, operational()))


def _invented(trust: LocalTrust) -> SignedEnvelope:
    """Return a draft in a colleague's name, which the officer signed."""
    return drafted(trust, by="officer").model_copy(update={"signer": "drafter"})


def _by_a_service(trust: LocalTrust) -> SignedEnvelope:
    return drafted(trust, by="alert")


def _signed_for_something_else(trust: LocalTrust) -> SignedEnvelope:
    return signer_of(trust, "drafter").sign("lethe order", drafted(trust).payload)


def _that_names_the_officer(trust: LocalTrust) -> SignedEnvelope:
    return drafted(trust, authorised_by="officer")


def _of_nothing(trust: LocalTrust) -> SignedEnvelope:
    return signer_of(trust, "drafter").sign("lethe order draft", b"nothing")


@pytest.mark.parametrize(
    "forge",
    [_invented, _by_a_service, _signed_for_something_else, _that_names_the_officer, _of_nothing],
)
def test_a_draft_that_its_drafter_did_not_sign_is_refused(
    trust: LocalTrust, forge: Callable[[LocalTrust], SignedEnvelope]
) -> None:
    genuine = DeploymentOrder.decode(drafted(trust).payload)
    order = genuine.authorised("officer", forge(trust))
    with pytest.raises(Refused):
        hear(trust, signed(trust, order))


@pytest.mark.parametrize(
    "change",
    [
        {"deployment_id": "another"},
        {"ends_at_us": WALL_US + 2 * HOUR_US},
        {"camera_ids": ["gate-2"], "camera_hashes": {"gate-2": "22" * 32}},
        {"camera_hashes": {CAMERA: "22" * 32}},
        {"watchlist_hash": "11" * 32},
        {"watchlist_size": 3},
        {"threshold": 0.1},
        {"zone": "everywhere"},
        {"false_alert_budget": 4},
        {"grounds": "others"},
    ],
)
def test_an_officer_authorises_what_was_drafted_and_nothing_else(
    trust: LocalTrust, change: dict[str, object]
) -> None:
    draft = drafted(trust)
    order = DeploymentOrder.decode(draft.payload).authorised("officer", draft)
    hear(trust, signed(trust, order))
    with pytest.raises(Refused, match="isn't what was drafted"):
        hear(trust, signed(trust, order.model_copy(update=change)))


@pytest.mark.parametrize(
    "change",
    [
        {"use_case": " "},
        {"grounds": ""},
        {"zone": None},
        {"zone": " "},
        {"false_alert_budget": None},
        {"watchlist_size": 0},
        {"watchlist_size": 100_001},
        {"camera_ids": [CAMERA, CAMERA]},
        {"camera_hashes": None},
        {"camera_hashes": {}},
        {"camera_hashes": {"gate-2": "22" * 32}},
        {"camera_hashes": {CAMERA: "22" * 32, "gate-2": "22" * 32}},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US + 31 * 24 * HOUR_US + 1},
        {"starts_at_us": 0, "ends_at_us": HOUR_US},
        {"starts_at_us": WALL_US, "ends_at_us": WALL_US},
    ],
)
def test_an_operational_order_beyond_its_limits_is_refused_whoever_signed_it(
    trust: LocalTrust, change: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        hear(trust, authorise(drafted(trust, **change), signer_of(trust, "officer")))


def test_one_key_under_two_names_is_one_person(colleagues: Colleagues) -> None:
    key = Ed25519PrivateKey.generate()
    ann, anna = colleagues.add("ann", key), colleagues.add("anna", key)
    bob = colleagues.add("bob")
    draft = sign_draft(PLAIN, ann)
    with pytest.raises(Refused, match="authorised by who drafted it"):
        OrderBook(colleagues.roster()).hear(authorise(draft, anna), WALL_US)
    OrderBook(colleagues.roster()).hear(authorise(draft, bob), WALL_US)


def test_an_order_ends_with_the_standing_of_who_drafted_it(colleagues: Colleagues) -> None:
    ann, bob = colleagues.add("ann"), colleagues.add("bob")
    roster = colleagues.roster()
    book = OrderBook(roster)
    draft = sign_draft(PLAIN, ann)
    book.hear(authorise(draft, bob), WALL_US)
    assert book.live_order(CAMERA, WALL_US) is not None
    colleagues.remove("ann")
    roster.reload()
    assert book.live_order(CAMERA, WALL_US) is None
