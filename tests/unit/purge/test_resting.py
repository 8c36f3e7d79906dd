"""purge waits for no ticket longer than until all who send some have, where no key is needed."""

from tests.support.forgetting import an_order, heard, signed
from tests.support.reigning import LEADS, Purge

from lethe.contracts.keys import Role
from lethe.contracts.orders import OrderStatus

_ROUND_MS = 600


def _tell(purge: Purge, *roles: Role) -> bool:
    """Let tickets of a round arrive; tell whether purge rests behind the last of them."""
    for role in roles:
        purge.custody.time.advance_ms(5)
        purge.reign.hear(heard(purge.custody.ticket(role), purge.custody.clock.now()))
    return purge.reign.served_us == purge.custody.clock.boot_us()


def test_one_that_stands_by_rests_when_all_have_told(purge: Purge) -> None:
    _tell(purge, Role.INGEST, Role.DETECT, Role.MATCH)
    purge.custody.time.advance_ms(_ROUND_MS)
    assert not _tell(purge, Role.MATCH)
    assert not _tell(purge, Role.INGEST)
    assert _tell(purge, Role.DETECT)


def test_whoever_is_silent_for_long_is_not_waited_for(purge: Purge) -> None:
    _tell(purge, Role.INGEST, Role.DETECT)
    rests = []
    for _ in range(3):
        purge.custody.time.advance_ms(_ROUND_MS)
        rests.append(_tell(purge, Role.DETECT))
    assert rests == [False, False, True]


async def test_a_leader_rests_where_no_order_is_live(purge: Purge) -> None:
    ended = signed(purge.trust, an_order(), status=OrderStatus.ENDED, serial=2)
    purge.book.hear(ended, purge.custody.clock.wall_us())
    await purge.reign.on_leadership(LEADS, 1)
    assert _tell(purge, Role.INGEST, Role.DETECT)


async def test_a_leader_waits_for_whom_it_needs_though_all_others_have_told(purge: Purge) -> None:
    await purge.reign.on_leadership(LEADS, 1)
    assert not _tell(purge, Role.INGEST, Role.DETECT)
    assert _tell(purge, Role.MATCH)
