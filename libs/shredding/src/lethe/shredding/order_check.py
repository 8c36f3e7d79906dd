"""For which orders a service keeps keys: those that it verified itself."""

from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.sealed import Purpose
from lethe.shredding.orders import OrderBook
from lethe.shredding.terms import OrderCheck

_OF_CAMERAS = (Purpose.FRAME, Purpose.PROBE, Purpose.VIEW)


def order_check(orders: OrderBook, role: Role) -> OrderCheck:
    """Return what tells whether a service may keep a granted key.

    A camera's key counts while its order is live. match, which searches, must also have obeyed
    the list of withdrawn subjects that purge obeys: where a broker was set back and match started
    again, it would know of none.
    """
    searches = role is Role.MATCH

    def is_ordered(granted: GrantedKey, wall_us: int) -> bool:
        if granted.purpose not in _OF_CAMERAS:
            return True
        live = orders.live_order(granted.lane, wall_us)
        if live is None or live.order_hash != granted.order_hash:
            return False
        return not searches or orders.has_withdrawn(live.order.deployment_id, granted.withdrawn)

    return is_ordered
