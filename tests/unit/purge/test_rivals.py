"""Who grants keys beside the leader is found out; who was the leader a moment ago isn't one."""

from dataclasses import dataclass, field

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with, heard
from tests.support.pipeline import CAMERA_ROLES

from lethe.contracts.keys import KeyGranted, Role
from lethe.purge.accountant import Ground
from lethe.purge.rivals import Rivals
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.trust import LocalTrust


@dataclass
class Scene:
    """One that leads, or doesn't, and another custodian on the same broker."""

    custody: Custody
    leads: bool = True
    found: list[Ground] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rivals = Rivals(self.custody.clock, lambda: self.leads)

    def tickets(self) -> list[HeardTicket]:
        """Send a ticket of everybody, heard by the other custodian alone."""
        sent = [self.custody.ticket(role) for role in CAMERA_ROLES]
        told = [heard(ticket, self.custody.clock.now()) for ticket in sent]
        for each in told:
            self.custody.custodian.hear(each)
        return told

    def hear(self, tickets: list[HeardTicket]) -> None:
        for each in tickets:
            self.found += self.rivals.hear_ticket(each)

    def take(self, grants: list[KeyGranted]) -> None:
        for each in grants:
            self.found += self.rivals.hear_grant(each)

    def pass_s(self, seconds: int) -> None:
        """Let time pass in which everybody is heard."""
        for _ in range(seconds):
            self.hear(self.tickets())
            self.custody.time.advance_ms(1_000)

    def another_grants(self, *, before_its_tickets: bool = False) -> list[KeyGranted]:
        tickets = self.tickets()
        grants = self.custody.custodian.make()
        assert grants
        if before_its_tickets:
            self.take(grants)
        self.hear(tickets)
        if not before_its_tickets:
            self.take(grants)
        return grants


@pytest.fixture(name="scene")
def scene_(trust: LocalTrust) -> Scene:
    return Scene(Custody(book_with(trust, an_order())))


@pytest.mark.parametrize("early", [False, True], ids=["after its ticket", "before its ticket"])
def test_a_grant_to_a_ticket_of_now_by_somebody_else_is_found(scene: Scene, *, early: bool) -> None:
    scene.pass_s(11)
    scene.another_grants(before_its_tickets=early)
    assert {each.deployment_id for each in scene.found} == {"deployment-1"}


def test_whoever_was_deposed_a_moment_ago_is_no_rival(scene: Scene) -> None:
    scene.leads = False
    scene.pass_s(60)
    scene.leads = True
    for _ in range(11):
        scene.another_grants()
        scene.custody.time.advance_ms(1_000)
    assert scene.found == []
    scene.another_grants()
    assert scene.found


def test_a_standby_finds_no_rival(scene: Scene) -> None:
    scene.leads = False
    scene.pass_s(11)
    scene.another_grants()
    assert scene.found == []


@pytest.mark.parametrize("early", [False, True])
def test_one_that_stood_still_may_have_been_deposed(scene: Scene, *, early: bool) -> None:
    scene.pass_s(11)
    scene.custody.time.advance_ms(2_001)
    scene.another_grants(before_its_tickets=early)
    assert scene.found == []


def test_a_grant_of_before_that_is_written_again_is_none_of_a_rival(scene: Scene) -> None:
    old = scene.another_grants()
    for _ in range(400):
        scene.hear(scene.tickets())
        scene.custody.time.advance_ms(200)
    scene.take(old)
    scene.hear(scene.tickets())
    assert scene.found == []


def test_keys_of_an_enrolment_are_told_too(scene: Scene) -> None:
    scene.pass_s(11)
    alert = scene.custody.ticket(Role.ALERT, enrols=True)
    told = [*scene.tickets(), heard(alert, scene.custody.clock.now())]
    scene.custody.custodian.hear(told[-1])
    scene.hear(told)
    scene.take(scene.custody.custodian.make())
    assert {each.deployment_id for each in scene.found} == {"", "deployment-1"}
