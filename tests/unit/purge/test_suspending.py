"""A ground takes effect at once, is told by the leader, and stands in the receipts."""

import pytest
from tests.support.clocks import WALL_US
from tests.support.forgetting import drafted, resumed, signer_of
from tests.support.receipting_desk import Desk, of_kind

from lethe.contracts.errors import Transient
from lethe.contracts.keys import Role
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.purge.accountant import Ground
from lethe.purge.budgets import Budgets
from lethe.purge.suspending import Suspending
from lethe.receipts.entries import Resumed, SlotGranted, Suspended
from lethe.receipts.errors import Refuted
from lethe.shredding.authorising import authorise
from lethe.shredding.trust import LocalTrust

NAME = "deployment-1"
GROUND = Ground(NAME, "term-1", SuspensionGround.COPY_OPEN)


class Suspender:
    """Suspending on a desk, with a broker that may be away."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.leads = True
        self.away = False
        self.told: list[DeploymentSuspended] = []
        self.budgets = Budgets(desk.custody.custodian._orders, desk.custody.suspensions)
        self.suspending = Suspending(
            desk.accountant,
            self.budgets,
            desk.custody.suspensions,
            desk.clock,
            self._publish,
            instance_id="purge-1",
            leads=lambda: self.leads,
        )

    async def _publish(self, said: DeploymentSuspended) -> None:
        if self.away:
            raise Transient("the broker is away")
        self.told.append(said)

    async def find(self, ground: Ground = GROUND) -> None:
        self.desk.accountant._grounds.append(ground)
        await self.suspending.settle()

    def lift(self, trust: LocalTrust, serial: int) -> None:
        """Let the officer lift what is in force."""
        orders = self.desk.custody.custodian._orders
        held, said = orders.by_deployment(NAME), self.desk.custody.suspensions.of(NAME)
        assert held is not None
        assert said is not None
        lifted = resumed(trust, held.signed, lifts=said.suspension_id, serial=serial)
        orders.hear(lifted, WALL_US)


@pytest.fixture(name="suspender")
def suspender_(desk: Desk) -> Suspender:
    return Suspender(desk)


async def test_a_suspended_deployment_gets_no_keys(suspender: Suspender) -> None:
    assert suspender.desk.made()
    await suspender.find()
    assert suspender.desk.made() == []
    assert [said.deployment_id for said in suspender.told] == [NAME]


async def test_it_is_told_once_and_again_only_while_the_broker_is_away(
    suspender: Suspender,
) -> None:
    suspender.away = True
    await suspender.find()
    assert suspender.desk.made() == []
    suspender.away = False
    await suspender.suspending.settle()
    await suspender.find()
    assert len(suspender.told) == 1


async def test_a_standby_tells_what_it_found_when_it_leads(suspender: Suspender) -> None:
    suspender.leads = False
    await suspender.find()
    assert suspender.told == []
    suspender.leads = True
    await suspender.suspending.settle()
    assert len(suspender.told) == 1


async def test_a_ground_in_enrolment_suspends_nothing(suspender: Suspender) -> None:
    await suspender.find(Ground("", "term-1", SuspensionGround.COPY_OPEN))
    assert suspender.told == []
    assert suspender.desk.made()


async def test_one_false_alert_more_than_ordered_suspends_and_one_more_after_each_resuming(
    suspender: Suspender, trust: LocalTrust
) -> None:
    orders = suspender.desk.custody.custodian._orders
    ordered = authorise(drafted(trust, deployment_id="fair"), signer_of(trust, "officer"))
    orders.hear(ordered, WALL_US)
    suspensions, serial = suspender.desk.custody.suspensions, 1

    async def told(count: int, role: Role = Role.ALERT) -> bool:
        ticket = suspender.desk.custody.ticket(role, false_alerts={"fair": count, "another": 99})
        suspender.budgets.hear(ticket)
        await suspender.suspending.settle()
        return suspensions.is_suspended("fair")

    assert not await told(9, Role.MATCH)
    assert not await told(3)
    assert await told(4)
    assert suspender.budgets._counts == {"fair": 4}, "of no deployment that nobody ordered"
    for count in (4, 5):
        said = suspensions.of("fair")
        assert said is not None
        assert (said.ground, said.false_alerts) == (SuspensionGround.FALSE_ALERTS, count)
        serial += 1
        lifted = resumed(trust, ordered.order, lifts=said.suspension_id, serial=serial)
        orders.hear(lifted, WALL_US)
        assert not await told(count)
        assert await told(count + 1)
    assert not suspensions.is_suspended(NAME)


async def test_a_ticket_that_says_less_than_another_before_takes_nothing_back(
    suspender: Suspender, trust: LocalTrust
) -> None:
    orders = suspender.desk.custody.custodian._orders
    orders.hear(
        authorise(drafted(trust, deployment_id="fair"), signer_of(trust, "officer")), WALL_US
    )
    for count in (4, 0):
        ticket = suspender.desk.custody.ticket(Role.ALERT, false_alerts={"fair": count})
        suspender.budgets.hear(ticket)
    await suspender.suspending.settle()
    assert suspender.desk.custody.suspensions.is_suspended("fair")


async def test_receipts_tell_of_suspension_and_resumption(
    suspender: Suspender, trust: LocalTrust
) -> None:
    desk = suspender.desk
    await desk.begin("t1")
    await desk.slot()
    await suspender.find()
    await desk.later(6)
    assert len(of_kind(desk, Suspended)) == 1
    suspender.lift(trust, 2)
    await desk.slot()
    await desk.later(6)
    await desk.receipting.close()
    kinds = [type(e) for e in desk.entries() if isinstance(e, Suspended | Resumed | SlotGranted)]
    assert kinds == [SlotGranted, Suspended, Resumed, SlotGranted]
    assert desk.verified().totals[NAME].suspensions == 1


async def test_another_log_tells_again_what_is_suspended_and_what_was_resumed(
    suspender: Suspender, trust: LocalTrust
) -> None:
    desk = suspender.desk
    await desk.begin("t1")
    await desk.slot()
    await suspender.find()
    await desk.later(6)
    await desk.begin("t2")
    await desk.later(1)
    assert len(of_kind(desk, Suspended)) == 2
    suspender.lift(trust, 2)
    await desk.begin("t3")
    await desk.slot()
    await desk.later(6)
    await desk.receipting.close()
    assert desk.verified().totals[NAME].suspensions == 1


async def test_a_grant_while_suspended_refutes_the_log(suspender: Suspender) -> None:
    desk = suspender.desk
    await desk.begin("t1")
    granted = desk.made()
    await suspender.find()
    await desk.later(1)
    await desk.receipting.tell(granted)
    with pytest.raises(Refuted, match="suspended"):
        desk.verified()
