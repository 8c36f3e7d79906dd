"""Only the leader makes keys, with a custodian that inherits nothing from another's reign."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.brokers import eventually
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with, heard, signed
from tests.support.handing_on import Courier
from tests.support.members import member_of, signed_by
from tests.support.pipeline import CAMERA_ROLES
from tests.support.publishing import record

from lethe.contracts.errors import Refused, Transient
from lethe.contracts.keys import KeyGranted, KeyTicket, Role
from lethe.contracts.orders import OrderStatus
from lethe.contracts.topics import DEPLOYMENT_ORDERED, KEY_GRANTED, TICKETS
from lethe.purge.accountant import Accountant
from lethe.purge.handlers import Handlers
from lethe.purge.reign import Reign
from lethe.shredding.trust import LocalTrust

EVERYBODY = {"ingest-1", "detect-1", "match-1"}
LEADS, FOLLOWS = frozenset({0}), frozenset[int]()


class Receipts:
    """Takes what it is told; `lost` is what a full disk makes of it."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.told: list[KeyGranted] = []
        self.lost = False
        self.is_full = False
        self.full_after: int | None = None
        self.fault: str | None = None

    async def begin(self, term: str) -> None:
        self._require_room()
        self.is_full, self.fault = False, None
        self.steps.append(term)

    async def tell(self, granted: Sequence[KeyGranted]) -> None:
        self._require_room()
        self.told += granted
        if self.full_after == len(self.told):
            self.is_full = True

    async def end(self, reason: str) -> None:
        self.steps.append(reason)

    def _require_room(self) -> None:
        if self.lost:
            raise Transient("no space left")


class Memory:
    """Remembers; `fault` is what a full disk makes of it."""

    def __init__(self) -> None:
        self.is_kept = True
        self.fault: str | None = None


class Purge:
    """One purge instance; `refusing` names holders whose grants the broker doesn't take."""

    def __init__(self, trust: LocalTrust) -> None:
        self.trust = trust
        self.book = book_with(trust, an_order())
        self.custody = Custody(self.book)
        self.published: list[KeyGranted] = []
        self.refusing: set[str] = set()
        self.failure: type[Exception] = Transient
        self.receipts = Receipts()
        self.memory = Memory()
        self.reign = Reign(
            self.book,
            self.custody.suspensions,
            self.custody.clock,
            self._publish,
            self.receipts,
            self.memory,
        )

    async def _publish(self, granted: KeyGranted) -> None:
        assert granted in self.receipts.told
        if granted.holder in self.refusing:
            raise self.failure("not published")
        self.published.append(granted)

    def hear_everybody(self) -> None:
        """Let everybody's ticket arrive."""
        for role in CAMERA_ROLES:
            self.reign.hear(heard(self.custody.ticket(role), self.custody.clock.now()))

    def holders(self) -> list[str]:
        return [granted.holder for granted in self.published]

    async def until_granted(self, count: int) -> None:
        await eventually(lambda: len(self.published) >= count)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.reign.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(name="purge")
def purge_(trust: LocalTrust) -> Purge:
    return Purge(trust)


async def test_the_leader_grants_when_all_tickets_are_in_hand(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign.leads
    async with purge.running():
        purge.hear_everybody()
        await purge.until_granted(3)
    assert sorted(purge.holders()) == sorted(EVERYBODY)


async def test_no_key_is_granted_under_an_order_that_a_restart_would_know_nothing_of(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.memory.is_kept = False
    async with purge.running():
        purge.hear_everybody()
        # A slot begins whenever tickets are in hand, and this was the chance for one.
        await eventually(lambda: not purge.reign._ready.is_set())
        assert purge.reign.standstill is None
        purge.memory.fault = "no space left"
        assert purge.reign.standstill == "no space left"
        assert purge.published == []
        purge.memory.is_kept, purge.memory.fault = True, None
        await purge.until_granted(3)
    assert purge.reign.standstill is None


async def test_a_standby_keeps_no_ticket_and_grants_to_none(purge: Purge) -> None:
    purge.hear_everybody()
    assert not purge.reign.leads
    assert not purge.reign._ready.is_set()
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is not None
    assert purge.reign._custodian.make() == []


async def test_a_new_leader_inherits_no_ticket_and_reigns_under_its_own_term(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.hear_everybody()
        await purge.until_granted(3)
        purge.hear_everybody()
        await purge.reign.on_leadership(FOLLOWS, 0)
        assert not purge.reign.leads
        await purge.reign.on_leadership(LEADS, 2)
        assert purge.reign._custodian is not None
        assert purge.reign._custodian.make() == []
        purge.hear_everybody()
        await purge.until_granted(6)
    terms = [granted.term for granted in purge.published]
    assert len(set(terms[:3])) == len(set(terms[3:])) == 1
    assert terms[0] != terms[3]
    slots = {(granted.slot, granted.holder) for granted in purge.published}
    assert len(slots) == 6


async def test_a_leader_that_is_told_so_again_goes_on_with_its_reign(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    await purge.reign.on_leadership(LEADS, 2)
    assert purge.reign._custodian is custodian


async def test_after_the_end_of_the_order_nothing_is_granted(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    purge.book.hear(ended, purge.custody.clock.wall_us())
    purge.hear_everybody()
    assert purge.reign._custodian is not None
    assert purge.reign._custodian.make() == []


async def test_a_grant_that_the_broker_does_not_take_costs_the_others_nothing(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.refusing = {"detect-1"}
    async with purge.running() as task:
        purge.hear_everybody()
        await purge.until_granted(2)
        assert set(purge.holders()) == EVERYBODY - {"detect-1"}
        purge.refusing = set()
        purge.hear_everybody()
        await purge.until_granted(5)
        assert not task.done()


async def test_a_failure_that_nobody_expects_ends_the_reign(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.refusing, purge.failure = {"detect-1"}, RuntimeError
    async with purge.running() as task:
        purge.hear_everybody()
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(asyncio.shield(task), 20)


# --- receipts -----------------------------------------------------------------------------------


async def test_a_reign_is_a_term_of_receipts(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is not None
    await purge.reign.on_leadership(FOLLOWS, 2)
    await purge.reign.on_leadership(FOLLOWS, 3)
    first, ended = purge.receipts.steps
    assert ended == "another leads"
    await purge.reign.on_leadership(LEADS, 4)
    assert purge.receipts.steps[2] == purge.reign._custodian.term != first


async def test_without_receipts_no_key_is_granted_and_that_is_said_once(
    purge: Purge, capsys: pytest.CaptureFixture[str]
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.receipts.lost = True
        purge.hear_everybody()
        await eventually(lambda: purge.reign._custodian is None)
        for _ in range(3):
            purge.custody.time.advance_ms(2_100)
            await eventually(lambda: purge.reign._tried_us >= purge.custody.clock.boot_us())
        assert purge.published == []
        assert purge.reign.leads
        assert purge.reign.standstill == "no space left"
        assert capsys.readouterr().out.count("there would be no receipt") == 1
        purge.receipts.lost = False
        purge.custody.time.advance_ms(2_100)
        await eventually(lambda: purge.reign._custodian is not None)
        purge.hear_everybody()
        await purge.until_granted(3)
    assert purge.reign.standstill is None
    assert len({granted.term for granted in purge.published}) == 1


async def test_a_purge_that_leads_no_more_has_no_receipts_to_miss(purge: Purge) -> None:
    purge.receipts.lost = True
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign.standstill == "no space left"
    await purge.reign.on_leadership(FOLLOWS, 2)
    assert purge.reign.standstill is None


@pytest.mark.parametrize("partitions", [LEADS, FOLLOWS])
async def test_whether_it_leads_or_not_a_purge_knows_that_it_hears_nobody(
    purge: Purge, partitions: frozenset[int]
) -> None:
    await purge.reign.on_leadership(partitions, 1)
    purge.custody.time.advance_ms(9_000)
    assert purge.reign.standstill is None, "nobody was there yet"
    purge.hear_everybody()
    purge.custody.time.advance_ms(2_900)
    assert purge.reign.standstill is None
    purge.custody.time.advance_ms(200)
    assert "no service is heard" in str(purge.reign.standstill)
    purge.hear_everybody()
    assert purge.reign.standstill is None


async def test_a_leader_that_can_not_begin_tries_again_and_a_follower_does_not(
    purge: Purge,
) -> None:
    purge.receipts.lost = True
    await purge.reign.on_leadership(LEADS, 1)
    assert purge.reign._custodian is None
    purge.receipts.lost = False
    async with purge.running():
        purge.custody.time.advance_ms(1_100)
        await eventually(lambda: purge.reign._custodian is not None)
        await purge.reign.on_leadership(FOLLOWS, 2)
        purge.custody.time.advance_ms(1_100)
    assert purge.receipts.steps[-1] == "another leads"


async def test_a_full_log_is_followed_by_another_term(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.receipts.full_after = 3
    async with purge.running():
        purge.hear_everybody()
        await eventually(lambda: len(purge.receipts.steps) == 2)
        purge.hear_everybody()
        await purge.until_granted(6)
    assert [granted.term for granted in purge.published] == [
        term for term in purge.receipts.steps for _ in range(3)
    ]


async def test_a_log_whose_times_are_wrong_is_followed_before_anything_is_granted(
    purge: Purge,
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    purge.receipts.is_full = True
    async with purge.running():
        purge.hear_everybody()
        await eventually(lambda: len(purge.receipts.steps) == 2)
        assert purge.receipts.told == []
        purge.hear_everybody()
        await purge.until_granted(3)
    assert {granted.term for granted in purge.published} == {purge.receipts.steps[1]}


async def test_a_log_that_was_lost_elsewhere_is_followed_by_another_though_nothing_is_granted(
    purge: Purge, capsys: pytest.CaptureFixture[str]
) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    async with purge.running():
        purge.custody.time.advance_ms(1_100)
        purge.receipts.fault = "receipts can't be written (No space left on device)"
        await eventually(lambda: len(purge.receipts.steps) == 2)
    assert "No space left on device" in capsys.readouterr().out


async def test_tries_that_come_to_nothing_grow_rarer_until_a_grant_is_told(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    waits = []
    for _ in range(9):
        assert custodian is not None
        purge.hear_everybody()
        purge.receipts.lost = True
        await purge.reign._grant(custodian)
        purge.receipts.lost = False
        waits.append(purge.reign._retry_us // 1_000_000)
        await purge.reign._begin(after=None)
        custodian = purge.reign._custodian
    assert waits == [2, 4, 8, 16, 32, 64, 64, 64, 64]
    assert custodian is not None
    purge.hear_everybody()
    await purge.reign._grant(custodian)
    assert purge.reign._retry_us == 1_000_000


async def test_who_was_deposed_while_it_told_sends_nothing_more(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    custodian = purge.reign._custodian
    assert custodian is not None
    purge.hear_everybody()
    tell = purge.receipts.tell

    async def deposed(granted: Sequence[KeyGranted]) -> None:
        await tell(granted)
        await purge.reign.on_leadership(FOLLOWS, 2)

    purge.receipts.tell = deposed  # type: ignore[method-assign]
    await purge.reign._grant(custodian)
    assert len(purge.receipts.told) == 3
    assert purge.published == []


# --- what reaches the reign ---------------------------------------------------------------------


@pytest.fixture(name="handlers")
async def handlers_(purge: Purge, tmp_path: Path) -> Handlers:
    await purge.reign.on_leadership(LEADS, 1)
    member = member_of(purge.trust, Role.PURGE, purge.custody.clock, purge.book)
    accountant = Accountant(purge.custody.clock, budget_ms=1000)
    outbox = Courier(tmp_path).outbox
    return Handlers(member, purge.reign, accountant, purge.custody.suspensions, outbox)


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
    before = handlers._accountant.account()["copies"]
    genuine = signed_by(purge.trust, "purge", KEY_GRANTED, granted)
    await handlers.on_grant(record(KEY_GRANTED, granted.holder, genuine))
    assert handlers._accountant.account()["copies"] != before
    assert not any(before.values())


async def test_a_forged_order_changes_nothing(purge: Purge, handlers: Handlers) -> None:
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    state = ended.state.model_copy(update={"signature": bytes(64)})
    forged = ended.model_copy(update={"state": state})
    with pytest.raises(Refused):
        await handlers.on_order(record(DEPLOYMENT_ORDERED, "deployment-1", forged.encode()))
    assert len(purge.book.live_orders(purge.custody.clock.wall_us())) == 1
    await handlers.on_order(record(DEPLOYMENT_ORDERED, "deployment-1", ended.encode()))
    assert purge.book.live_orders(purge.custody.clock.wall_us()) == []


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
