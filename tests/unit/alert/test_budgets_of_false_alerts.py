"""From officers who call alerts false to a deployment without keys: alert and purge in one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant
from tests.support.announcing import Listeners, announcer_of
from tests.support.clocks import WALL_US, FakeClock
from tests.support.forgetting import FakeSwitch, drafted, resumed, signer_of
from tests.support.handing_on import Courier
from tests.support.members import member_of, signed_by
from tests.support.publishing import FakePublisher, record
from tests.support.reigning import Purge

from lethe.alert import app
from lethe.alert.adjudicating import Adjudicator
from lethe.alert.deploying import DeploymentDesk
from lethe.alert.handlers import Handlers as AlertHandlers
from lethe.alert.judgements import Adjudication
from lethe.alert.reign import Reign
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.keys import Role
from lethe.contracts.orders import DeploymentOrdered
from lethe.contracts.suspension import DeploymentSuspended, SuspensionGround
from lethe.contracts.topics import ALERT_ADJUDICATED, ALERT_TICKET, DEPLOYMENT_SUSPENDED
from lethe.purge.accountant import Accountant
from lethe.purge.anchoring import Anchoring
from lethe.purge.budgets import Budgets
from lethe.purge.handlers import Books
from lethe.purge.handlers import Handlers as PurgeHandlers
from lethe.purge.rivals import Rivals
from lethe.purge.sent_grants import SentGrants
from lethe.purge.suspending import Suspending
from lethe.shredding.authorising import authorise
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.trust import LocalTrust

NAME, BUDGET = "fair", 3
_ABSENT = cast("Any", None)


class Alert:
    """An alert that leads: its desk, what it counts, its tickets, and how its orders stand."""

    def __init__(self, trust: LocalTrust, clock: FakeClock, ordered: DeploymentOrdered) -> None:
        self.bench, self.listeners = DeskBench(), Listeners()
        self.announcer = announcer_of(self.bench, self.listeners)
        self.adjudicator = Adjudicator(self.bench.desk.handling, self.announcer)
        self.orders = OrderBook(trust.roster())
        self.orders.hear(ordered, WALL_US)
        self.member = member_of(trust, Role.ALERT, clock, self.orders)
        self.deployments = DeploymentDesk(
            self.orders, Suspensions(self.orders), cast("Any", clock), _ABSENT, _ABSENT
        )
        self.handlers = AlertHandlers(self.member, self.deployments, _ABSENT, _ABSENT, _ABSENT)
        self.publisher = FakePublisher(clock)
        holder = Holder("alert-1", Role.ALERT, "run", clock=clock, switch=FakeSwitch())
        self.holder = holder
        self.keys = KeyTraffic(
            holder,
            self.member.signer,
            self.member.roster,
            ticket_topic=ALERT_TICKET,
            send=self.publisher.send,
            standing=lambda: app._Instance._standing(self._instance()),
            observer=_ABSENT,
        )

    def _instance(self) -> Any:
        parts: dict[str, Any] = dict.fromkeys(Reign.__dataclass_fields__)
        parts |= {
            "tenure": SimpleNamespace(audit_head=SimpleNamespace(size=0)),
            "enrolment": SimpleNamespace(is_active=False),
            "transit": SimpleNamespace(announced=lambda: None),
            "ends": SimpleNamespace(announced=()),
            "looks": SimpleNamespace(cameras=lambda: ()),
            "announcer": self.announcer,
        }
        return SimpleNamespace(
            _leadership=SimpleNamespace(reign=Reign(**parts)),
            _deployments=self.deployments,
            _receipts=SimpleNamespace(held=lambda: None),
        )

    async def judge(self, name: str, verdict: Verdict, deployment_id: str = NAME) -> None:
        """Raise an alert, and let an officer decide about it."""
        found = candidates_found(name, subject_id=name, deployment_id=deployment_id)
        alert = await self.bench.desk.receive(found, CROP)
        assert alert is not None
        made = Adjudication(verdict, True, None, "Ames", instant(1), Capacity.ENGAGEMENT_OFFICER)
        await self.adjudicator.adjudicate(alert.alert_id, made)

    async def ticket(self) -> bytes:
        """Return what it sends next to purge, signed."""
        await self.announcer.turn()
        await self.keys._send_ticket(self.holder.issue_ticket(self.keys._standing()))
        return self.publisher.of(ALERT_TICKET)[-1].body


class Purging:
    """A purge that leads, hears tickets, and suspends."""

    def __init__(self, trust: LocalTrust, folder: Path, ordered: DeploymentOrdered) -> None:
        self.trust, self.purge = trust, Purge(trust)
        self.clock, orders = self.purge.custody.clock, self.purge.book
        orders.hear(ordered, WALL_US)
        self.suspensions = self.purge.custody.suspensions
        member = member_of(trust, Role.PURGE, self.clock, orders)
        accountant, budgets = (
            Accountant(self.clock, budget_ms=1000),
            Budgets(orders, self.suspensions),
        )
        books = Books(
            accountant,
            self.suspensions,
            Courier(folder).outbox,
            Anchoring(),
            budgets,
            SentGrants(),
            Rivals(self.clock, lambda: True),
            lambda _: None,
            lambda: None,
        )
        self.handlers = PurgeHandlers(member, self.purge.reign, books)
        self.said: list[DeploymentSuspended] = []
        self.suspending = Suspending(
            accountant,
            budgets,
            self.suspensions,
            self.clock,
            self._publish,
            instance_id="purge-1",
            leads=lambda: True,
        )

    async def _publish(self, said: DeploymentSuspended) -> None:
        self.said.append(said)

    async def hear(self, alert: Alert) -> None:
        """Take alert's next ticket, settle, and let alert hear what is said."""
        before = len(self.said)
        await self.handlers.on_ticket(record(ALERT_TICKET, "alert-1", await alert.ticket()))
        await self.suspending.settle()
        for said in self.said[before:]:
            body = signed_by(self.trust, "purge", DEPLOYMENT_SUSPENDED, said)
            await alert.handlers.on_suspension(
                record(DEPLOYMENT_SUSPENDED, said.deployment_id, body)
            )


@pytest.fixture(name="ordered")
def ordered_(trust: LocalTrust) -> DeploymentOrdered:
    draft = drafted(trust, deployment_id=NAME, false_alert_budget=BUDGET)
    return authorise(draft, signer_of(trust, "officer"))


async def test_one_false_alert_more_than_ordered_takes_the_keys_away_and_alert_says_why(
    trust: LocalTrust, tmp_path: Path, ordered: DeploymentOrdered
) -> None:
    purging = Purging(trust, tmp_path, ordered)
    alert = Alert(trust, purging.clock, ordered)
    for number in range(BUDGET):
        await alert.judge(f"false {number}", Verdict.FALSE_ALERT)
        await alert.judge(f"true {number}", Verdict.TRUE_ALERT)
    await alert.judge("of nothing ordered", Verdict.FALSE_ALERT, "another")
    await purging.hear(alert)
    assert not purging.suspensions.is_suspended(NAME)
    # Whatever the broker does: what counts is what was decided.
    alert.listeners.publisher.refusing.add(ALERT_ADJUDICATED.name)
    await alert.judge("one more", Verdict.FALSE_ALERT)
    await purging.hear(alert)
    assert purging.suspensions.is_suspended(NAME)
    [said] = purging.said
    assert (said.deployment_id, said.ground) == (NAME, SuspensionGround.FALSE_ALERTS)
    assert said.false_alerts == BUDGET + 1
    found = alert.deployments._suspensions.of(NAME)
    assert found == said

    # An officer lifts it: the next false alert suspends anew, and no other ticket does.
    lifted = resumed(trust, ordered.order, lifts=said.suspension_id, serial=2)
    for orders in (purging.purge.book, alert.orders):
        orders.hear(lifted, WALL_US)
    await purging.hear(alert)
    assert not purging.suspensions.is_suspended(NAME)
    await alert.judge("yet one more", Verdict.FALSE_ALERT)
    await purging.hear(alert)
    assert purging.said[-1].false_alerts == BUDGET + 2
    assert purging.suspensions.is_suspended(NAME)


async def test_true_alerts_count_nothing_until_they_are_called_false(
    trust: LocalTrust, tmp_path: Path, ordered: DeploymentOrdered
) -> None:
    purging = Purging(trust, tmp_path, ordered)
    alert = Alert(trust, purging.clock, ordered)
    for number in range(BUDGET + 1):
        await alert.judge(f"true {number}", Verdict.TRUE_ALERT)
    await purging.hear(alert)
    assert purging.said == []
    for known in alert.bench.log.alerts:
        made = Adjudication(
            Verdict.FALSE_ALERT, True, None, "Ames", instant(2), Capacity.ENGAGEMENT_OFFICER
        )
        await alert.adjudicator.adjudicate(known.alert_id, made)
    await purging.hear(alert)
    assert [said.false_alerts for said in purging.said] == [BUDGET + 1]
