"""Keys of views: for the alert that leads, of cameras that somebody looks at; no others."""

from dataclasses import dataclass, field

import pytest
from tests.support.clocks import WALL_US
from tests.support.custody import Custody
from tests.support.forgetting import CAMERA, an_order, book_with
from tests.support.ledger import Books

from lethe.contracts.keys import KeyGranted, Role, TransitKey
from lethe.contracts.live import FrameOutcome
from lethe.contracts.sealed import Purpose
from lethe.contracts.suspension import SuspensionGround
from lethe.shredding.trust import LocalTrust


@pytest.fixture(name="custody")
def custody_(trust: LocalTrust) -> Custody:
    order = an_order(camera_ids=[CAMERA, "gate-2"], ends_at_us=WALL_US + 5_000_000)
    return Custody(book_with(trust, order))


def look(custody: Custody, *cameras: str, name: str = "alert-1", term: int | None = 1) -> None:
    key = None if term is None else TransitKey(key_id="transit", public_key=b"", term=term)
    ticket = custody.ticket(
        Role.ALERT, instance_id=name, partitions=[], transit=key, looks=list(cameras)
    )
    assert custody.hear(ticket)


def views(made: dict[str, KeyGranted]) -> dict[str, list[str]]:
    """Return by holder the cameras of whose views it gets the key."""
    found = {
        holder: [key.lane for key in granted.keys if key.purpose is Purpose.VIEW]
        for holder, granted in made.items()
    }
    return {holder: lanes for holder, lanes in found.items() if lanes}


def test_detect_and_alert_get_the_key_of_what_somebody_looks_at(custody: Custody) -> None:
    custody.hear_all()
    look(custody, CAMERA)
    made = custody.made()
    assert views(made) == {"detect-1": [CAMERA], "alert-1": [CAMERA]}
    assert [key.purpose for key in made["alert-1"].keys] == [Purpose.VIEW]
    drawn = {key.commitment for granted in made.values() for key in granted.keys}
    assert len(drawn) == 5, "a frame's and a probe's of two cameras, and one view's"


def test_nobody_looks_any_more_and_there_is_no_key(custody: Custody) -> None:
    custody.hear_all()
    look(custody)
    assert views(custody.made()) == {}


def test_what_an_alert_said_counts_for_no_second_slot(custody: Custody) -> None:
    custody.hear_all()
    look(custody, CAMERA)
    custody.made()
    custody.hear_all()
    assert views(custody.made()) == {}


def test_an_alert_that_went_silent_looks_at_nothing(custody: Custody) -> None:
    look(custody, CAMERA)
    custody.time.advance_ms(601)
    custody.hear_all()
    assert views(custody.made()) == {}


def test_nobody_waits_for_alert(custody: Custody) -> None:
    look(custody, CAMERA)
    custody.hear_all()
    custody.made()
    custody.hear_all()
    assert custody.custodian.is_ready()
    assert set(custody.made()) == {"ingest-1", "detect-1", "match-1"}


def test_an_alert_alone_gets_no_key(custody: Custody) -> None:
    look(custody, CAMERA)
    assert not custody.custodian.is_ready()
    assert custody.made() == {}


def test_only_the_alert_of_the_highest_term_looks(custody: Custody) -> None:
    custody.hear_all()
    look(custody, CAMERA, term=3)
    look(custody, "gate-2", name="alert-2", term=4)
    assert views(custody.made()) == {"detect-1": ["gate-2"], "alert-2": ["gate-2"]}


def test_a_standby_looks_at_nothing(custody: Custody) -> None:
    custody.hear_all()
    look(custody, CAMERA, term=None)
    assert views(custody.made()) == {}


@pytest.mark.parametrize("role", [Role.INGEST, Role.DETECT, Role.MATCH])
def test_no_other_service_looks(custody: Custody, role: Role) -> None:
    key = TransitKey(key_id="transit", public_key=b"", term=9)
    custody.hear_all()
    custody.hear(custody.ticket(role, transit=key, looks=[CAMERA]))
    assert views(custody.made()) == {}


def test_a_camera_under_no_order_has_no_view(custody: Custody) -> None:
    custody.hear_all()
    look(custody, CAMERA, "gate-3")
    assert views(custody.made())["alert-1"] == [CAMERA]
    custody.time.advance_ms(5_000)
    custody.hear_all()
    look(custody, CAMERA)
    assert custody.made() == {}


def test_a_suspended_deployment_has_no_view(custody: Custody) -> None:
    custody.suspensions.suspend(
        "deployment-1",
        SuspensionGround.COPY_OPEN,
        instance_id="purge-1",
        slot="term-1",
        at=custody.clock.now(),
    )
    custody.hear_all()
    look(custody, CAMERA)
    assert custody.made() == {}


# --- the account ---------------------------------------------------------------------------------

_HELD = {
    Role.INGEST: (Purpose.FRAME,),
    Role.DETECT: (Purpose.FRAME, Purpose.VIEW),
    Role.ALERT: (Purpose.VIEW,),
}


@dataclass
class Account:
    """The books of one slot in which somebody looks, with one frame."""

    books: Books = field(default_factory=Books)

    def grant(self) -> None:
        for role, purposes in _HELD.items():
            ticket = self.books.ticket(role, 1, 0)
            self.books.accountant.hear_ticket(ticket)
            self.books.accountant.hear_grant(self.books.grant(ticket, "s1", 10, purposes))

    def report(self, *, view: int | None) -> None:
        hear = self.books.accountant
        hear.hear_slot(self.books.closed("s1", 230, {0: 100}))
        frame = self.books.processed("s1", 0, 100)
        hear.hear_frame(frame.model_copy(update={"view": view}))

    def destroy(self, role: Role, at_ms: int, *, view_ms: int | None = None) -> None:
        moments = {Purpose.FRAME: at_ms, Purpose.VIEW: at_ms if view_ms is None else view_ms}
        told = [self.books.destroyed("s1", p, {0: moments[p]}) for p in _HELD[role]]
        self.books.accountant.hear_ticket(self.books.ticket(role, 2, 900, destroyed=told))

    def age_ms(self) -> float | None:
        self.books.later(200)
        return self.books.accountant.account()["erasure_age_ms"]["p50"]


@pytest.fixture(name="account")
def account_() -> Account:
    account = Account()
    account.grant()
    return account


def test_a_frame_is_as_old_as_the_last_copy_of_its_view(account: Account) -> None:
    account.report(view=0)
    account.destroy(Role.INGEST, 110)
    account.destroy(Role.DETECT, 150)
    assert account.age_ms() is None, "alert may still have it"
    account.destroy(Role.ALERT, 420)
    assert account.age_ms() == pytest.approx(320, abs=1)


def test_a_frame_without_a_view_does_not_wait_for_alert(account: Account) -> None:
    account.report(view=None)
    account.destroy(Role.INGEST, 110)
    account.destroy(Role.DETECT, 150, view_ms=700)
    assert account.age_ms() == pytest.approx(50, abs=1)


def test_of_a_frame_that_nothing_is_told_of_every_copy_of_a_view_counts(account: Account) -> None:
    hear = account.books.accountant
    hear.hear_slot(account.books.closed("s1", 230, {0: 100}))
    account.destroy(Role.INGEST, 110)
    account.destroy(Role.DETECT, 150)
    told = [account.books.destroyed("s1", p, {}, closed_ms=200) for p in _HELD[Role.DETECT]]
    hear.hear_ticket(account.books.ticket(Role.DETECT, 3, 910, destroyed=told))
    account.books.later(4_000)
    assert account.age_ms() is None
    closed = account.books.destroyed("s1", Purpose.VIEW, {}, closed_ms=800)
    hear.hear_ticket(account.books.ticket(Role.ALERT, 2, 910, destroyed=[closed]))
    assert account.age_ms() == pytest.approx(700, abs=1)
    assert hear.account()["frames"]["lost"] == 1


def test_an_alert_that_never_comes_back_suspends_the_deployment(account: Account) -> None:
    account.report(view=0)
    for role in (Role.INGEST, Role.DETECT):
        account.destroy(role, 150)
    told = [account.books.destroyed("s1", p, {}, closed_ms=300) for p in _HELD[Role.DETECT]]
    for sequence in range(3, 40):
        account.books.time.advance_ms(400)
        at_ms = 900 + 400 * (sequence - 2)
        account.books.accountant.hear_ticket(
            account.books.ticket(Role.DETECT, sequence, at_ms, destroyed=told)
        )
        account.books.accountant.settle()
    grounds = {each.ground for each in account.books.accountant.take_grounds()}
    assert grounds == {SuspensionGround.COPY_OPEN}


def test_a_refused_record_tells_of_no_view(account: Account) -> None:
    forged = account.books.processed("s1", 0, 100, outcome=FrameOutcome.REFUSED)
    account.books.accountant.hear_frame(forged.model_copy(update={"view": 0}))
    account.report(view=None)
    account.destroy(Role.INGEST, 110)
    account.destroy(Role.DETECT, 150)
    assert account.age_ms() == pytest.approx(50, abs=1)
