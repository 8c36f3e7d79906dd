"""Keys are made for whom they are due, when all tickets are in hand, once."""

import os

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.support.clocks import WALL_US
from tests.support.custody import Custody
from tests.support.forgetting import CAMERA, an_order, book_with, heard, signed
from tests.support.pipeline import CAMERA_ROLES

from lethe.contracts.keys import Role
from lethe.contracts.orders import OrderStatus
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose
from lethe.contracts.suspension import SuspensionGround
from lethe.contracts.topic import partition_for
from lethe.purge.custodian import Custodian
from lethe.purge.grant_draft import GrantDraft
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust
from lethe.shredding.wrapping import UnwrapKey

_EVERYBODY = {"ingest-1", "detect-1", "match-1"}
_PARTITION = partition_for(CAMERA)


@pytest.fixture(name="custody")
def custody_(trust: LocalTrust) -> Custody:
    return Custody(book_with(trust, an_order()))


def test_each_role_gets_the_keys_it_needs_and_no_others(custody: Custody) -> None:
    custody.hear_all()
    assert custody.custodian.is_ready()
    made = custody.made()
    purposes = {holder: {key.purpose for key in g.keys} for holder, g in made.items()}
    assert purposes == {
        "ingest-1": {Purpose.FRAME},
        "detect-1": {Purpose.FRAME, Purpose.PROBE},
        "match-1": {Purpose.PROBE},
    }
    commitments = {key.commitment for g in made.values() for key in g.keys}
    assert len(commitments) == 2


def test_a_ticket_is_granted_once(custody: Custody) -> None:
    custody.hear_all()
    assert set(custody.made()) == _EVERYBODY
    assert not custody.custodian.is_ready()
    assert custody.made() == {}
    custody.hear_all()
    again = custody.made()
    assert set(again) == _EVERYBODY
    assert {g.slot for g in again.values()} == {"term-2"}


@pytest.mark.parametrize("missing", CAMERA_ROLES)
def test_no_key_is_made_without_every_owners_ticket(custody: Custody, missing: Role) -> None:
    for role in CAMERA_ROLES:
        if role is not missing:
            custody.hear(custody.ticket(role))
    assert not custody.custodian.is_ready()
    assert custody.made() == {}
    custody.hear(custody.ticket(missing))
    assert set(custody.made()) == _EVERYBODY


def test_no_key_is_made_without_a_live_order(trust: LocalTrust) -> None:
    order = an_order(ends_at_us=WALL_US + 1_000_000)
    book = OrderBook(trust.roster())
    custody = Custody(book)
    custody.hear_all()
    assert custody.made() == {}
    book.hear(signed(trust, order), WALL_US)
    assert set(custody.made()) == _EVERYBODY
    custody.time.advance_ms(1_000)
    custody.hear_all()
    assert custody.made() == {}


def test_an_order_that_ends_stops_its_keys_beside_one_that_runs(trust: LocalTrust) -> None:
    order = an_order()
    other = an_order(deployment_id="deployment-2", camera_ids=["gate-2"])
    book = book_with(trust, order)
    book.hear(signed(trust, other), WALL_US)
    custody = Custody(book)
    custody.hear_all()
    lanes = {key.lane for g in custody.made().values() for key in g.keys}
    assert lanes == {CAMERA, "gate-2"}
    book.hear(signed(trust, order, status=OrderStatus.ENDED, serial=2), WALL_US)
    custody.hear_all()
    keys = [key for g in custody.made().values() for key in g.keys]
    assert {(key.lane, key.deployment_id) for key in keys} == {("gate-2", "deployment-2")}


def test_keys_are_drawn_for_the_cameras_that_the_book_tells(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = book_with(trust, an_order(camera_ids=[CAMERA, "gate-2"]))
    told = {"gate-2": book.live_lanes(WALL_US)["gate-2"]}
    monkeypatch.setattr(book, "live_lanes", lambda _wall_us: told)
    custody = Custody(book)
    custody.hear_all()
    assert {key.lane for g in custody.made().values() for key in g.keys} == {"gate-2"}


def test_a_camera_of_two_orders_gets_no_key_while_one_of_them_is_suspended(
    trust: LocalTrust,
) -> None:
    book = book_with(trust, an_order(camera_ids=[CAMERA, "gate-2"]))
    other = an_order(deployment_id="deployment-2", camera_ids=["gate-2", "gate-3"])
    book.hear(signed(trust, other), WALL_US)
    custody = Custody(book)
    assert custody.suspensions.suspend(
        "deployment-1",
        SuspensionGround.COPY_OPEN,
        instance_id="purge-1",
        slot="term-1",
        at=custody.clock.now(),
    )
    custody.hear_all()
    assert {key.lane for g in custody.made().values() for key in g.keys} == {"gate-3"}


@pytest.mark.parametrize("after_ms", [401, -51, 10_000, -10_000])
def test_a_stale_or_future_ticket_is_worth_nothing(custody: Custody, after_ms: float) -> None:
    custody.hear_all()
    assert not custody.hear(custody.ticket(Role.DETECT), after_ms)
    assert custody.made() == {}
    assert custody.hear(custody.ticket(Role.DETECT), 399)
    assert set(custody.made()) == _EVERYBODY


def test_a_holder_that_went_silent_counts_as_gone(custody: Custody) -> None:
    custody.hear_all()
    custody.time.advance_ms(400)
    assert custody.made() == {}


@pytest.mark.parametrize("last", ["leaving", "stale", "malformed"])
def test_a_replayed_ticket_is_not_granted_again_whatever_came_between(
    custody: Custody, last: str
) -> None:
    first = custody.hear_all()
    assert set(custody.made()) == _EVERYBODY
    ways: dict[str, dict[str, object]] = {
        "leaving": {"leaving": True},
        "stale": {"sent": custody.clock.now().shifted_to(0)},
        "malformed": {"public_key": b""},
    }
    custody.hear_all(**ways[last])
    custody.made()
    assert not any(custody.hear(ticket) for ticket in first)
    assert custody.made() == {}


def test_a_malformed_public_key_costs_its_owner_the_slot_and_nobody_else(
    custody: Custody,
) -> None:
    genuine = UnwrapKey.generate().public_key
    low_order = genuine[:1184] + bytes(32)
    for malformed in (b"", bytes(1216), b"\xff" * 1216, low_order, genuine + b"\0"):
        custody.hear_all()
        custody.hear(custody.ticket(Role.MATCH, public_key=malformed))
        assert set(custody.made()) == {"ingest-1", "detect-1"}
    custody.hear_all()
    assert set(custody.made()) == _EVERYBODY


def test_a_role_cannot_stand_in_for_another_roles_holder(custody: Custody) -> None:
    """Ingest's signature on a ticket that names detect's instance takes nothing from detect."""
    custody.hear_all()
    custody.hear(custody.ticket(Role.INGEST, instance_id="detect-1", partitions=[]))
    custody.hear(custody.ticket(Role.INGEST, instance_id="match-1", leaving=True))
    made = {(g.role, g.holder) for g in custody.custodian.make()}
    assert made == {(role, f"{role.value}-1") for role in CAMERA_ROLES}


def test_a_secret_is_overwritten_once_it_is_wrapped(
    custody: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts: list[GrantDraft] = []
    grant = Custodian._grant

    def spied(self: Custodian, draft: GrantDraft, *rest: object) -> object:
        assert any(draft.secret)
        drafts.append(draft)
        if len(drafts) == 3:
            raise ZeroDivisionError
        return grant(self, draft, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Custodian, "_grant", spied)
    drawn: list[bytes] = []

    def entropy(size: int) -> bytes:
        drawn.append(os.urandom(size))
        return drawn[-1]

    custody.custodian._entropy = entropy
    custody.hear_all()
    with pytest.raises(ZeroDivisionError):
        custody.made()
    assert len(drafts) == 3
    assert not any(any(draft.secret) for draft in drafts)
    assert len(drawn) == 2
    assert not any(any(key) for key in drawn)


def test_no_two_slots_lanes_or_purposes_share_a_key(trust: LocalTrust) -> None:
    book = book_with(trust, an_order(camera_ids=[CAMERA, "gate-2", "gate-3"]))
    custody = Custody(book)
    for _ in range(5):
        custody.hear_all()
        for granted in custody.made().values():
            custody.witness.learn(granted)
    keys = [bytes(key) for key in custody.witness.entropy.drawn.values()]
    assert len(keys) == 5 * 3 * 2
    assert len(set(keys)) == len(keys)
    assert len(custody.witness.numbers) == 5 * 3 * (48 + 160)


def test_enrolment_needs_alert_detect_and_every_match(trust: LocalTrust) -> None:
    custody = Custody(OrderBook(trust.roster()))
    custody.hear(custody.ticket(Role.DETECT))
    custody.hear(custody.ticket(Role.MATCH))
    custody.hear(custody.ticket(Role.MATCH, instance_id="match-2"))
    assert custody.made() == {}
    custody.hear(custody.ticket(Role.ALERT, enrols=True))
    assert custody.custodian.is_ready()
    made = custody.made()
    purposes = {holder: [key.purpose for key in g.keys] for holder, g in made.items()}
    image, template = Purpose.REFERENCE_IMAGE, Purpose.REFERENCE_TEMPLATE
    assert purposes == {
        "alert-1": [image],
        "detect-1": [image, template],
        "match-1": [template],
        "match-2": [template],
    }
    assert {key.lane for g in made.values() for key in g.keys} == {ENROLMENT_LANE}


def test_alert_gets_no_key_of_a_camera(custody: Custody) -> None:
    custody.hear_all()
    custody.hear(custody.ticket(Role.ALERT, partitions=[_PARTITION]))
    assert set(custody.made()) == _EVERYBODY


def _tickets() -> st.SearchStrategy[list[tuple[Role, int, bool, int]]]:
    kind = st.tuples(
        st.sampled_from(CAMERA_ROLES), st.integers(0, 2), st.booleans(), st.integers(0, 300)
    )
    return st.lists(kind, max_size=40)


@settings(max_examples=60, deadline=None)
@given(events=_tickets())
def test_no_ticket_is_granted_twice_or_received_after_its_making(
    trust: LocalTrust, events: list[tuple[Role, int, bool, int]]
) -> None:
    custody = Custody(book_with(trust, an_order()))
    sent = custody.hear_all()
    received = {heard(t, custody.clock.now()).ticket_hash: custody.clock.boot_us() for t in sent}
    granted_to = {g.ticket_hash for g in custody.custodian.make()}
    for role, back, replays, pause_ms in events:
        custody.time.advance_ms(pause_ms)
        ticket = sent[-1 - back] if replays and len(sent) > back else custody.ticket(role)
        sent.append(ticket)
        received.setdefault(heard(ticket, custody.clock.now()).ticket_hash, custody.clock.boot_us())
        custody.hear(ticket)
        for granted in custody.custodian.make():
            assert granted.ticket_hash not in granted_to
            granted_to.add(granted.ticket_hash)
            assert received[granted.ticket_hash] <= granted.made.boot_us
    assert len(granted_to) >= 3
