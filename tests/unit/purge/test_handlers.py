"""What reaches a purge is checked before it counts: tickets, grants and orders."""

import asyncio
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from tests.support.forgetting import an_order, heard, signed
from tests.support.handing_on import Courier
from tests.support.members import member_of, signed_by
from tests.support.pipeline import CAMERA_ROLES
from tests.support.publishing import record
from tests.support.reigning import EVERYBODY, LEADS, Purge

from lethe.contracts.errors import Refused, RolledBack
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.orders import OrderStatus
from lethe.contracts.receipts import AlertsErased, ErasedAlert, ErasureGround
from lethe.contracts.suspension import SuspensionGround
from lethe.contracts.topics import ALERTS_ERASED, DEPLOYMENT_ORDERED, KEY_GRANTED, TICKETS
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.budgets import Budgets
from lethe.purge.custodian import Custodian
from lethe.purge.erasures import Erasure
from lethe.purge.handlers import Books, Handlers
from lethe.purge.rivals import Rivals
from lethe.purge.sent_grants import SentGrants
from lethe.shredding.clock import instant

ERASED = ErasedAlert(alert_id="a", deployment_id="d", ground=ErasureGround.RETENTION)


@pytest.fixture
def told() -> list[Erasure]:
    """Give what receipts are to be told of."""
    return []


@pytest.fixture
def looks() -> asyncio.Event:
    """Give what is set when something may have to be kept."""
    return asyncio.Event()


@pytest.fixture(name="handlers")
async def handlers_(
    purge: Purge, tmp_path: Path, told: list[Erasure], looks: asyncio.Event
) -> Handlers:
    await purge.reign.on_leadership(LEADS, 1)
    member = member_of(purge.trust, Role.PURGE, purge.custody.clock, purge.book)
    accountant = Accountant(purge.custody.clock, budget_ms=1000)
    outbox = Courier(tmp_path).outbox
    suspensions = purge.custody.suspensions
    budgets = Budgets(purge.book, suspensions)
    rivals = Rivals(purge.custody.clock, lambda: purge.reign.leads)
    kept = SentGrants()
    tell = told.extend, looks.set
    books = Books(accountant, suspensions, outbox, Anchoring(), budgets, kept, rivals, *tell)
    return Handlers(member, purge.reign, books)


async def ticketed(
    purge: Purge, handlers: Handlers, *, by: dict[Role, str], ticket: KeyTicket | None = None
) -> None:
    """Let every role's ticket arrive, signed by the names given."""
    for role in CAMERA_ROLES:
        topic = TICKETS[role.value]
        told = ticket if ticket is not None and ticket.role is role else purge.custody.ticket(role)
        body = signed_by(purge.trust, by.get(role, role.value), topic, told)
        await handlers.on_ticket(record(topic, f"{role.value}-1", body))


async def test_tickets_that_hold_are_granted_to(purge: Purge, handlers: Handlers) -> None:
    await ticketed(purge, handlers, by={})
    assert purge.reign._custodian is not None
    assert {granted.holder for granted in purge.reign._custodian.make()} == EVERYBODY


@pytest.mark.parametrize("signer", ["ingest", "alert", "purge", "officer"])
async def test_a_ticket_that_its_service_did_not_sign_is_not_granted_to(
    purge: Purge, handlers: Handlers, signer: str
) -> None:
    with pytest.raises(Refused):
        await ticketed(purge, handlers, by={Role.DETECT: signer})
    assert purge.reign._custodian is not None
    assert purge.reign._custodian.make() == []


async def test_a_ticket_that_claims_another_role_or_instance_is_refused(
    purge: Purge, handlers: Handlers
) -> None:
    topic = TICKETS["ingest"]
    as_detect = signed_by(purge.trust, "ingest", topic, purge.custody.ticket(Role.DETECT))
    with pytest.raises(Refused, match="another role or instance"):
        await handlers.on_ticket(record(topic, "detect-1", as_detect))
    own = signed_by(purge.trust, "ingest", topic, purge.custody.ticket(Role.INGEST))
    with pytest.raises(Refused, match="another role or instance"):
        await handlers.on_ticket(record(topic, "ingest-2", own))


async def test_a_grant_that_purge_did_not_sign_is_not_accounted_for(
    purge: Purge, handlers: Handlers
) -> None:
    purge.hear_everybody()
    assert purge.reign._custodian is not None
    granted = purge.reign._custodian.make()[0]
    forged = signed_by(purge.trust, "ingest", KEY_GRANTED, granted)
    with pytest.raises(Refused):
        await handlers.on_grant(record(KEY_GRANTED, granted.holder, forged))
    before = handlers._books.accountant.account()["copies"]
    genuine = signed_by(purge.trust, "purge", KEY_GRANTED, granted)
    await handlers.on_grant(record(KEY_GRANTED, granted.holder, genuine))
    assert handlers._books.accountant.account()["copies"] != before
    assert not any(before.values())


async def test_a_grant_of_ones_own_is_passed_over_and_the_same_by_another_is_checked(
    purge: Purge, handlers: Handlers
) -> None:
    purge.hear_everybody()
    assert purge.reign._custodian is not None
    own, *_, another = purge.reign._custodian.make()
    body = signed_by(purge.trust, "purge", KEY_GRANTED, own)
    handlers._books.sent.note(body)
    before = handlers._books.accountant.account()["copies"]
    await handlers.on_grant(record(KEY_GRANTED, own.holder, body))
    assert handlers._books.accountant.account()["copies"] == before
    forged = signed_by(purge.trust, "ingest", KEY_GRANTED, another)
    with pytest.raises(Refused):
        await handlers.on_grant(record(KEY_GRANTED, another.holder, forged))


async def test_a_ticket_written_again_takes_no_model_pack_back_and_is_refused(
    purge: Purge, handlers: Handlers
) -> None:
    topic, accountant = TICKETS["detect"], handlers._books.accountant
    old, new = (purge.custody.ticket(Role.DETECT, model=name) for name in ("old", "new"))
    bodies = [signed_by(purge.trust, "detect", topic, each) for each in (old, new)]
    for body in bodies:
        await handlers.on_ticket(record(topic, "detect-1", body))
    for body in bodies:
        with pytest.raises(RolledBack):
            await handlers.on_ticket(record(topic, "detect-1", body))
    assert accountant.models == {"detect-1": "new"}


async def test_keys_that_somebody_else_grants_beside_the_leader_are_a_ground_to_suspend(
    purge: Purge, handlers: Handlers
) -> None:
    for _ in range(11):
        await ticketed(purge, handlers, by={})
        purge.custody.time.advance_ms(1_000)
    await ticketed(purge, handlers, by={})
    other = Custodian(purge.book, purge.custody.suspensions, purge.custody.clock, term="another")
    for role in CAMERA_ROLES:
        ticket = purge.custody.ticket(role)
        other.hear(heard(ticket, purge.custody.clock.now()))
        body = signed_by(purge.trust, role.value, TICKETS[role.value], ticket)
        await handlers.on_ticket(record(TICKETS[role.value], f"{role.value}-1", body))
    for granted in other.make():
        body = signed_by(purge.trust, "purge", KEY_GRANTED, granted)
        await handlers.on_grant(record(KEY_GRANTED, granted.holder, body))
    found = handlers._books.accountant.take_grounds()
    assert {(each.deployment_id, each.ground) for each in found} == {
        ("deployment-1", SuspensionGround.OTHER_CUSTODIAN)
    }


@pytest.mark.parametrize("age_ms", [-10_001, 10_001, None])
async def test_a_claim_of_erasures_that_was_not_made_now_is_refused(
    purge: Purge, handlers: Handlers, told: list[Erasure], age_ms: int | None
) -> None:
    for age in (0, 10_000, -10_000, age_ms):
        now = instant(purge.custody.clock)
        sent = None if age is None else now.shifted_to(now.boot_us - 1000 * age)
        said = AlertsErased(instance_id="alert-1", alerts=[ERASED], sent=sent)
        body = signed_by(purge.trust, "alert", ALERTS_ERASED, said)
        why = "doesn't say when" if age is None else "clock and purge's disagree"
        with pytest.raises(Refused, match=why) if age == age_ms else nullcontext():
            await handlers.on_erased(record(ALERTS_ERASED, "alert-1", body))
    assert told == [ERASED] * 3


async def test_a_claim_of_erasures_that_alert_did_not_sign_is_refused(
    purge: Purge, handlers: Handlers, told: list[Erasure]
) -> None:
    sent = instant(purge.custody.clock)
    said = AlertsErased(instance_id="alert-1", alerts=[ERASED], sent=sent)
    body = signed_by(purge.trust, "match", ALERTS_ERASED, said)
    with pytest.raises(Refused):
        await handlers.on_erased(record(ALERTS_ERASED, "alert-1", body))
    assert told == []


async def test_a_forged_order_changes_nothing(purge: Purge, handlers: Handlers) -> None:
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    state = ended.state.model_copy(update={"signature": bytes(64)})
    forged = ended.model_copy(update={"state": state})
    with pytest.raises(Refused):
        await handlers.on_order(record(DEPLOYMENT_ORDERED, "deployment-1", forged.encode()))
    assert len(purge.book.live_orders(purge.custody.clock.wall_us())) == 1
    await handlers.on_order(record(DEPLOYMENT_ORDERED, "deployment-1", ended.encode()))
    assert purge.book.live_orders(purge.custody.clock.wall_us()) == []


async def test_what_an_order_came_to_is_kept_without_being_asked_for_even_if_it_is_not_obeyed(
    purge: Purge, handlers: Handlers, looks: asyncio.Event
) -> None:
    purge.book.require_receipts_key("cd" * 32)
    pinned = signed(purge.trust, an_order(deployment_id="other", receipts_key="ab" * 32))
    for ordered in (signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2), pinned):
        looks.clear()
        with suppress(Refused):
            await handlers.on_order(record(DEPLOYMENT_ORDERED, "order", ordered.encode()))
        assert looks.is_set()


async def test_an_order_that_pins_another_receipts_key_is_refused_and_said_until_it_ends(
    purge: Purge, handlers: Handlers
) -> None:
    purge.book.require_receipts_key("cd" * 32)
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    await handlers.on_order(record(DEPLOYMENT_ORDERED, "order", ended.encode()))
    other = an_order(deployment_id="deployment-2", receipts_key="ab" * 32)
    body = signed(purge.trust, other).encode()
    with pytest.raises(Refused, match="another receipts key"):
        await handlers.on_order(record(DEPLOYMENT_ORDERED, "order", body))
    purge.hear_everybody()
    assert "another receipts key" in str(purge.reign.standstill)
    ended = signed(purge.trust, other, status=OrderStatus.ENDED, serial=2)
    await handlers.on_order(record(DEPLOYMENT_ORDERED, "order", ended.encode()))
    assert purge.reign.standstill is None
