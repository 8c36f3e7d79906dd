"""Which orders are live is looked up anew when it may have changed, and only then."""

import hypothesis.strategies as st
from hypothesis import given
from tests.support.clocks import WALL_US
from tests.support.forgetting import CAMERA, an_order, book_with, signed

from lethe.contracts.orders import DeploymentOrder, OrderStatus
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

_MINUTE_US = 60_000_000
_LANES = (CAMERA, "gate-2")
_ORDERS = st.builds(
    lambda number, begins, lasts, lanes: an_order(
        deployment_id=f"deployment-{number}",
        camera_ids=list(lanes),
        starts_at_us=WALL_US + begins * _MINUTE_US,
        ends_at_us=WALL_US + (begins + lasts) * _MINUTE_US,
    ),
    st.integers(1, 3),
    st.integers(-5, 5),
    st.integers(1, 5),
    st.sampled_from([_LANES, _LANES[:1], _LANES[1:]]),
)
_MOMENTS = st.integers(-7 * _MINUTE_US, 12 * _MINUTE_US)


@given(st.lists(st.one_of(_ORDERS, _MOMENTS), max_size=12))
def test_what_was_looked_up_before_is_never_told_when_it_isnt_so_any_more(
    trust: LocalTrust, steps: list[DeploymentOrder | int]
) -> None:
    book, heard = OrderBook(trust.roster()), dict[str, DeploymentOrder]()
    for step in steps:
        if isinstance(step, DeploymentOrder):
            if step.deployment_id not in heard:
                heard[step.deployment_id] = step
                book.hear(signed(trust, step), WALL_US)
            continue
        now_us = WALL_US + step
        live = [o for o in heard.values() if o.starts_at_us <= now_us < o.ends_at_us]
        assert {each.order.deployment_id for each in book.live_orders(now_us)} == {
            each.deployment_id for each in live
        }
        for lane in _LANES:
            named = [each for each in live if lane in each.camera_ids]
            found = book.live_order(lane, now_us)
            assert (found and found.order) == (named[0] if len(named) == 1 else None)


def test_what_is_live_is_looked_up_once_while_it_stays_so(trust: LocalTrust) -> None:
    book = book_with(trust, an_order())
    first = book._live(WALL_US)
    assert book._live(WALL_US + _MINUTE_US) is first
    book.hear(signed(trust, an_order(), status=OrderStatus.ENDED, serial=2), WALL_US)
    assert book._live(WALL_US + _MINUTE_US) is not first
