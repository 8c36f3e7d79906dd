"""Who owns a camera: the fresh claim of the highest generation, and only one of them."""

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with, heard

from lethe.contracts.keys import KeyTicket, Role
from lethe.shredding.ownership import MOST_HOLDERS, Holders
from lethe.shredding.trust import LocalTrust


@pytest.fixture(name="custody")
def custody_(trust: LocalTrust) -> Custody:
    return Custody(book_with(trust, an_order()))


def _owner(custody: Custody, holders: Holders, partition: int = 3) -> str | None:
    owner = holders.owner(Role.DETECT, partition, custody.clock.now())
    return None if owner is None else owner.ticket.instance_id


def _hear(custody: Custody, holders: Holders, **changes: object) -> bool:
    ticket = custody.ticket(Role.DETECT, **changes)
    return holders.hear(heard(ticket, custody.clock.now()))


def test_the_highest_generation_that_claims_a_partition_owns_it(custody: Custody) -> None:
    holders = Holders()
    _hear(custody, holders, instance_id="a", partitions=[3], generation=4)
    _hear(custody, holders, instance_id="b", partitions=[3], generation=5)
    _hear(custody, holders, instance_id="c", partitions=[2], generation=6)
    assert _owner(custody, holders) == "b"
    assert _owner(custody, holders, 2) == "c"
    assert _owner(custody, holders, 1) is None


def test_two_claims_of_one_generation_make_no_owner(custody: Custody) -> None:
    holders = Holders()
    for name in ("a", "b"):
        _hear(custody, holders, instance_id=name, partitions=[3], generation=5)
    assert _owner(custody, holders) is None
    _hear(custody, holders, instance_id="b", partitions=[], generation=6)
    assert _owner(custody, holders) == "a"


def test_a_holder_that_leaves_or_falls_silent_owns_nothing(custody: Custody) -> None:
    holders = Holders()
    _hear(custody, holders, instance_id="a", generation=5)
    _hear(custody, holders, instance_id="b", generation=4)
    _hear(custody, holders, instance_id="a", leaving=True)
    assert _owner(custody, holders) == "b"
    custody.time.advance_ms(1_400)
    assert _owner(custody, holders) is None


def test_a_ticket_that_goes_back_is_not_heard(custody: Custody) -> None:
    holders = Holders()
    assert _hear(custody, holders, sequence=5)
    assert not _hear(custody, holders, sequence=5)
    assert not _hear(custody, holders, sequence=4)
    assert _hear(custody, holders, sequence=6)


def _started(custody: Custody, seconds: int) -> dict[str, object]:
    return {"started": custody.clock.now().shifted_to(seconds * 1_000_000)}


def test_a_run_that_is_over_is_not_heard_again(custody: Custody) -> None:
    holders = Holders()
    assert _hear(custody, holders, boot="one", sequence=9, **_started(custody, 10))
    assert _hear(custody, holders, boot="two", sequence=1, **_started(custody, 20))
    assert not _hear(custody, holders, boot="one", sequence=10, **_started(custody, 10))
    assert not _hear(custody, holders, boot="none", sequence=10, started=None)


def test_a_ticket_counts_as_used_until_the_next(custody: Custody) -> None:
    holders = Holders()
    ticket: KeyTicket = custody.ticket(Role.DETECT)
    now = custody.clock.now()
    item = heard(ticket, now)
    assert not holders.is_unused(item, now)
    holders.hear(item)
    assert holders.is_unused(item, now)
    holders.use(item)
    assert not holders.is_unused(item, now)
    assert not holders.hear(item)
    assert not holders.is_unused(item, now)


def test_whether_tickets_of_some_roles_may_wait_is_told_of_all_of_them(custody: Custody) -> None:
    holders = Holders()
    items = [heard(custody.ticket(role), custody.clock.now()) for role in (Role.DETECT, Role.MATCH)]
    holders.hear(items[0])
    assert not holders.has_unused(Role.DETECT, Role.MATCH)
    holders.hear(items[1])
    assert holders.has_unused(Role.DETECT, Role.MATCH)
    holders.use(items[0])
    assert not holders.has_unused(Role.DETECT, Role.MATCH)


def test_a_ticket_does_not_wait_for_its_grant_for_long(custody: Custody) -> None:
    holders = Holders()
    item = heard(custody.ticket(Role.DETECT), custody.clock.now())
    holders.hear(item)
    custody.time.advance_ms(399)
    assert holders.is_unused(item, custody.clock.now())
    custody.time.advance_ms(1)
    assert not holders.is_unused(item, custody.clock.now())


def test_a_run_whose_clock_was_ahead_keeps_out_none_that_started_by_now(custody: Custody) -> None:
    holders, now = Holders(), custody.clock.now()
    elsewhere = now.model_copy(update={"boot_id": "a machine's clock an hour ahead"})
    ahead = elsewhere.model_copy(update={"wall_us": now.wall_us + 3_600_000_000})
    assert _hear(custody, holders, boot="ahead", sequence=5, started=ahead)
    assert not _hear(custody, holders, boot="ahead", sequence=5, started=ahead)
    rebooted = elsewhere.model_copy(update={"boot_id": "right again", "wall_us": now.wall_us - 1})
    assert _hear(custody, holders, boot="right", started=rebooted)
    assert not _hear(custody, holders, boot="before", started=_started(custody, -9)["started"])


def test_made_up_names_fill_no_memory_and_keep_out_nobody_for_longer_than_a_minute(
    custody: Custody,
) -> None:
    holders = Holders()
    assert _hear(custody, holders, instance_id="genuine", sequence=1)
    for number in range(MOST_HOLDERS - 1):
        assert _hear(custody, holders, instance_id=f"made up {number}")
    assert not _hear(custody, holders, instance_id="one more")
    assert not _hear(custody, holders, instance_id="genuine", sequence=1)
    assert _hear(custody, holders, instance_id="genuine", sequence=2)
    custody.time.advance_ms(60_000)
    assert _hear(custody, holders, instance_id="genuine", sequence=3)
    assert _hear(custody, holders, instance_id="one more")
    assert not _hear(custody, holders, instance_id="genuine", sequence=3)
