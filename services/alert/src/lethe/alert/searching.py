"""Whether what is ordered is searched: which lists match holds, made with which model packs."""

from lethe.contracts.instants import Instant
from lethe.contracts.keys import HeldList, KeyTicket
from lethe.contracts.orders import DeploymentOrder, OrderStatus
from lethe.shredding.clock import Clock, instant
from lethe.shredding.orders import OrderBook
from lethe.shredding.packs import PacksInUse

_HEARD_MS = 2_000


class Searching:
    """Knows what match holds and what detect works with, as their tickets say."""

    def __init__(self, orders: OrderBook, clock: Clock) -> None:
        self._orders = orders
        self._clock = clock
        self._packs = PacksInUse()
        self._matches: dict[str, tuple[Instant, list[HeldList]]] = {}

    def hear_detect(self, ticket: KeyTicket, received: Instant) -> None:
        """Take which model pack an instance of detect works with."""
        self._packs.hear(ticket, received)

    def hear_match(self, ticket: KeyTicket, received: Instant) -> dict[str, int]:
        """Take what a match instance holds.

        Returns
        -------
        dict of str to int
            The watchlists that are ordered and that it lacks, of the model pack that images are
            enrolled with now; and how many references of it it has.
        """
        if ticket.leaving:
            self._matches.pop(ticket.instance_id, None)
            return {}
        self._matches[ticket.instance_id] = (received, ticket.lists)
        pack = self._packs.enrolling(received)
        if pack is None:
            return {}
        held = {each.watchlist_id: each for each in ticket.lists if each.model == pack}
        lacking = {}
        for order in self._to_come(received.wall_us):
            known = held.get(order.watchlist_id)
            # One that changes tells no hash: whether it is whole shows when nothing comes any more.
            if known is None or known.content_hash not in ("", order.watchlist_hash):
                lacking[order.watchlist_id] = known.references if known else 0
        return lacking

    def pack(self) -> str | None:
        """Return the model pack that images are enrolled with now, by its digest; None if none."""
        return self._packs.enrolling(instant(self._clock))

    def blind(self, now: Instant) -> str | None:
        """Return why no search takes place though a deployment runs; None while they do."""
        heard = [
            each
            for at, lists in self._matches.values()
            if now.since_ms(at) < _HEARD_MS
            for each in lists
        ]
        in_use = self._packs.all(now)
        for order in (held.order for held in self._orders.live_orders(now.wall_us)):
            packs = {
                each.model
                for each in heard
                if (each.watchlist_id, each.content_hash)
                == (order.watchlist_id, order.watchlist_hash)
            }
            if not packs:
                return f"no match instance holds the watchlist of {order.deployment_id}"
            if in_use - packs:
                return (
                    "detect works with another model pack than the watchlist of "
                    f"{order.deployment_id} was enrolled with; how far it is with that one tells "
                    f"'lethe watchlist re-enrol {order.watchlist_id}'"
                )
        return None

    def _to_come(self, wall_us: int) -> list[DeploymentOrder]:
        """Return the orders that aren't over: what begins later is enrolled by then."""
        return [
            held.order
            for held in self._orders.all_orders()
            if held.status is OrderStatus.RUNNING and wall_us < held.order.ends_at_us
        ]
