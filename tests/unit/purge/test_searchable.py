"""No key is made for a camera whose faces couldn't be searched for: nothing is captured there."""

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import CAMERA, LIST, an_order, book_with, heard, signed
from tests.support.reigning import Purge

from lethe.contracts.keys import HeldList, Role
from lethe.contracts.sealed import ENROLMENT_LANE
from lethe.shredding.trust import LocalTrust

PACK, LATER = "5a" * 32, "7b" * 32


@pytest.fixture(name="custody")
def custody_(trust: LocalTrust) -> Custody:
    return Custody(book_with(trust, an_order()))


def held(**changes: object) -> HeldList:
    return LIST.model_copy(update={"model": PACK} | changes)


def lanes(custody: Custody, *lists: HeldList, pack: str = PACK, enrols: bool = False) -> set[str]:
    """Return the lanes that keys are made for when match holds these lists."""
    custody.hear(custody.ticket(Role.INGEST))
    custody.hear(custody.ticket(Role.DETECT, model=pack))
    custody.hear(custody.ticket(Role.MATCH, lists=list(lists)))
    custody.hear(custody.ticket(Role.ALERT, enrols=enrols))
    return {key.lane for grant in custody.made().values() for key in grant.keys}


@pytest.mark.parametrize(
    "lists",
    [
        [],
        [held(content_hash="")],
        [held(content_hash="11" * 32)],
        [held(watchlist_id="another")],
        # More people than were ordered.
        [held(subjects=3)],
        [held(model=LATER)],
        [held(content_hash=""), held(model=LATER)],
    ],
)
def test_without_the_ordered_list_of_detects_pack_no_key_is_made_for_a_camera(
    custody: Custody, lists: list[HeldList]
) -> None:
    assert lanes(custody, *lists) == set()
    assert not custody.custodian.is_ready()
    # Enrolment goes on: it is what the camera waits for.
    assert lanes(custody, *lists, enrols=True) == {ENROLMENT_LANE}
    assert lanes(custody, *lists, held(), enrols=True) == {ENROLMENT_LANE, CAMERA}


def test_a_list_of_as_many_people_as_were_ordered_is_searched(custody: Custody) -> None:
    assert lanes(custody, held(subjects=2)) == {CAMERA}


def test_what_is_lacking_for_one_camera_holds_up_no_other(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    custody = Custody(book)
    other = an_order(deployment_id="deployment-2", camera_ids=["gate-2"], watchlist_id="another")
    book.hear(signed(trust, other), custody.clock.wall_us())
    assert lanes(custody, held()) == {CAMERA}
    custody.time.advance_ms(5_000)
    assert lanes(custody, held()) == {CAMERA}
    assert custody.custodian.lacking() is None, "something is captured"
    assert lanes(custody, held(), held(watchlist_id="another")) == {CAMERA, "gate-2"}


def test_after_some_seconds_it_says_what_is_lacking_until_it_is_there(custody: Custody) -> None:
    assert lanes(custody) == set()
    assert custody.custodian.lacking() is None, "a list that was just enrolled is told of soon"
    custody.time.advance_ms(3_001)
    assert custody.custodian.lacking() == "deployment-1"
    # With the tickets of a slot used up nothing is known that wasn't before.
    assert lanes(custody, enrols=True) == {ENROLMENT_LANE}
    assert custody.made() == {}
    assert custody.custodian.lacking() == "deployment-1"
    assert lanes(custody, held()) == {CAMERA}
    assert custody.custodian.lacking() is None


async def test_purge_tells_why_nothing_is_captured(trust: LocalTrust) -> None:
    purge = Purge(trust)
    await purge.reign.on_leadership(frozenset({0}), 1)
    custody, custodian = purge.custody, purge.reign._custodian
    assert custodian is not None
    for after_ms in (3_001, 0):
        for role in (Role.INGEST, Role.DETECT, Role.MATCH):
            purge.reign.hear(heard(custody.ticket(role, lists=[]), custody.clock.now()))
        assert custodian.make() == []
        custody.time.advance_ms(after_ms)
    told = purge.reign.standstill
    assert told is not None
    assert "doesn't hold the watchlist of deployment-1" in told
