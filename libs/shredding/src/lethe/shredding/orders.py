"""Orders: signed by an officer, verified by every service that obeys them."""

import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Refused, RolledBack
from lethe.contracts.orders import (
    DeploymentOrder,
    DeploymentOrdered,
    OrderState,
    OrderStatus,
    OrderType,
    order_hash,
    withdrawal_hash,
)
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import ORDER_CONTEXT, STATE_CONTEXT, check_draft, require_drafter
from lethe.shredding.order_content import require_content
from lethe.shredding.progress import OrderProgress, RosterProgress
from lethe.shredding.roster import ALERT_ROLE, OFFICER_ROLE, Roster, RosterEntry


class OtherReceiptsKey(Refused):
    """An order pins another key than receipts are signed with here.

    Attributes
    ----------
    deployment_id
        Of the order.
    """

    def __init__(self, deployment_id: str) -> None:
        super().__init__(
            f"order {deployment_id}: it pins another receipts key than the one that signs here"
        )
        self.deployment_id = deployment_id


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """A verified order with the newest state heard.

    Attributes
    ----------
    signed, signed_state
        The order as its officer signed it, and its newest state.
    withdrawn
        Subjects of its watchlist who aren't searched for; `withdrawn_hash` is theirs.
    """

    order: DeploymentOrder
    order_hash: str
    status: OrderStatus
    serial: int
    signed: SignedEnvelope
    signed_state: SignedEnvelope
    withdrawn: frozenset[str] = frozenset()
    withdrawn_hash: str = ""

    def is_live(self, wall_us: int) -> bool:
        """Tell whether it is running and the time is inside its window."""
        inside = self.order.starts_at_us <= wall_us < self.order.ends_at_us
        return self.status is OrderStatus.RUNNING and inside


@dataclass(frozen=True, slots=True)
class _Spell:
    """Which orders are live from one moment on the wall clock until another.

    Attributes
    ----------
    known
        How many orders were heard by then, and which roster was in force.
    """

    from_us: int
    until_us: int
    known: tuple[int, RosterProgress]
    orders: list[HeldOrder]
    lanes: dict[str, HeldOrder]


class OrderBook:
    """The orders a service has verified by itself: root to roster to officer to order.

    Parameters
    ----------
    roster
        Whose signatures count.
    allow_local
        Whether orders of type `local` count; production settings refuse them.
    """

    def __init__(self, roster: Roster, *, allow_local: bool = True) -> None:
        self._roster = roster
        self._allow_local = allow_local
        self._orders: dict[str, HeldOrder] = {}
        self._signers: dict[str, list[RosterEntry]] = {}
        self._progress: dict[str, OrderProgress] = {}
        self._receipts_key: str | None = None
        self._withdrawn: dict[str, set[str]] = {}
        self._heard = 0
        self._spell: _Spell | None = None

    def require_receipts_key(self, fingerprint: str) -> None:
        """Obey no order from now on that pins another key of receipts; by its fingerprint."""
        self._receipts_key = fingerprint

    @property
    def progress(self) -> Mapping[str, OrderProgress]:
        """How far each deployment's order has got, by deployment; the newest obeyed counts."""
        return self._progress

    def restore(self, progress: Mapping[str, OrderProgress]) -> None:
        """Obey nothing older than what was obeyed before this process was."""
        self._progress |= progress

    def has_ended(self, deployment_id: str) -> bool:
        """Tell whether a deployment's order has ended."""
        progress = self._progress.get(deployment_id)
        return progress is not None and progress.status is OrderStatus.ENDED

    def lifts(self, deployment_id: str, suspension_id: str) -> bool:
        """Tell whether an officer lifted that suspension, in the newest state or before."""
        progress = self._progress.get(deployment_id)
        return progress is not None and suspension_id in progress.lifted

    def hear(self, ordered: DeploymentOrdered, wall_us: int) -> HeldOrder:
        """Verify an order with its state and hold it.

        Raises
        ------
        Refused
            If a signature, a role, a hash, a limit of its type or a serial doesn't hold.
            What was held before stays in force.
        OtherReceiptsKey
            If it pins another key of receipts than the one that was required, and hasn't ended.
        RolledBack
            If a newer state was obeyed before.
        """
        held, state, signers = self._verified(ordered, wall_us)
        name = held.order.deployment_id
        self._progress[name] = self._advanced(held, state.lifts)
        before = self._orders.get(name)
        if before is not None and held.status is OrderStatus.ENDED:
            # Whoever ends it may know less; what was found meanwhile is still on its way.
            withdrawn = held.withdrawn | before.withdrawn
            held = replace(held, withdrawn=withdrawn, withdrawn_hash=withdrawal_hash(withdrawn))
        self._signers[name] = signers
        self._orders[name] = held
        self._withdrawn.setdefault(name, set()).add(held.withdrawn_hash)
        self._heard += 1
        return held

    def require(self, ordered: DeploymentOrdered, wall_us: int) -> HeldOrder:
        """Return what would be held of this; raises as `hear`, and holds nothing."""
        held, state, _ = self._verified(ordered, wall_us)
        self._advanced(held, state.lifts)
        return held

    def require_drafter(self, draft: SignedEnvelope, wall_us: int) -> None:
        """Check that a draft is signed by somebody who may draft; raises `Refused`."""
        require_drafter(draft, self._roster, wall_us)

    def has_withdrawn(self, deployment_id: str, withdrawn_hash: str) -> bool:
        """Tell whether a list of withdrawn subjects was obeyed here, by its `withdrawal_hash`.

        Later ones only add to it, so that all of it is obeyed still.
        """
        return not withdrawn_hash or withdrawn_hash in self._withdrawn.get(deployment_id, ())

    def _verified(
        self, ordered: DeploymentOrdered, wall_us: int
    ) -> tuple[HeldOrder, OrderState, list[RosterEntry]]:
        """Return what was heard, and who signed it, if all of it holds by itself."""
        tellers = (OFFICER_ROLE, ALERT_ROLE)
        signers = [
            self._roster.check(ordered.order, ORDER_CONTEXT, (OFFICER_ROLE,), wall_us),
            self._roster.check(ordered.state, STATE_CONTEXT, tellers, wall_us),
        ]
        try:
            order = DeploymentOrder.decode(ordered.order.payload)
            state = OrderState.decode(ordered.state.payload)
        except InvalidMessage:
            raise Refused("an order doesn't fit its contract") from None
        held = HeldOrder(
            order,
            order_hash(ordered.order.payload),
            state.status,
            state.serial,
            ordered.order,
            ordered.state,
            frozenset(state.withdrawn),
            withdrawal_hash(state.withdrawn),
        )
        if (state.order_hash, state.deployment_id) != (held.order_hash, order.deployment_id):
            raise Refused(f"order {order.deployment_id}: its state is for another order")
        if state.status is not OrderStatus.ENDED and signers[1].role != OFFICER_ROLE:
            # Whoever is on duty may have alert end it: that takes authority, and gives none.
            raise Refused(f"order {order.deployment_id}: only an officer says that it runs")
        if order.authorised_by != ordered.order.signer:
            raise Refused(f"order {order.deployment_id}: not signed by whom it names")
        require_content(order, allow_local=self._allow_local)
        if order.type is OrderType.OPERATIONAL:
            signers.append(check_draft(order, signers[0], self._roster, wall_us))
        self._check_pinned(held)
        return held, state, signers

    def live_order(self, lane: str, wall_us: int) -> HeldOrder | None:
        """Return the order under which a camera may be captured now, if there is exactly one."""
        return self._live(wall_us).lanes.get(lane)

    def live_lanes(self, wall_us: int) -> dict[str, HeldOrder]:
        """Return every camera that may be captured now, with the one live order that names it.

        A camera that two of them name is captured under neither.
        """
        return dict(self._live(wall_us).lanes)

    def live_orders(self, wall_us: int) -> list[HeldOrder]:
        """Return all orders that are running inside their window now, by officers who may sign.

        An officer whom a newer roster leaves out, or whose time is over, authorises nothing any
        more.
        """
        return list(self._live(wall_us).orders)

    def _live(self, wall_us: int) -> _Spell:
        """Return what is live. Asked for every frame and key, and by capture threads too."""
        spell = self._spell
        known = (self._heard, self._roster.progress)
        if spell is None or spell.known != known or not spell.from_us <= wall_us < spell.until_us:
            # What is heard while they are looked at has them looked at again.
            spell = self._spell = self._found(wall_us, known)
        return spell

    def _found(self, wall_us: int, known: tuple[int, RosterProgress]) -> _Spell:
        live: list[HeldOrder] = []
        turns: list[int] = []
        for name, held in list(self._orders.items()):
            signers = self._signers[name]
            if held.is_live(wall_us) and all(self._roster.stands(e, wall_us) for e in signers):
                live.append(held)
            turns += [held.order.starts_at_us, held.order.ends_at_us]
            turns += [turn for e in signers for turn in (e.valid_from_us, e.valid_until_us)]
        named = Counter(lane for held in live for lane in set(held.order.camera_ids))
        lanes = {lane: held for held in live for lane in held.order.camera_ids if named[lane] == 1}
        until_us = min((turn for turn in turns if turn > wall_us), default=sys.maxsize)
        return _Spell(wall_us, until_us, known, live, lanes)

    def all_orders(self) -> list[HeldOrder]:
        """Return every verified order, whatever its state."""
        return list(self._orders.values())

    def withdrawn_elsewhere(self, held: HeldOrder) -> frozenset[str]:
        """Return who is withdrawn under other orders of the same content, and not under this."""
        content = held.order.watchlist_id, held.order.watchlist_hash
        others = [
            each.withdrawn
            for each in self._orders.values()
            if (each.order.watchlist_id, each.order.watchlist_hash) == content
        ]
        return frozenset[str]().union(*others) - held.withdrawn

    def by_deployment(self, deployment_id: str) -> HeldOrder | None:
        """Return the newest verified state of a deployment's order."""
        return self._orders.get(deployment_id)

    def _check_pinned(self, held: HeldOrder) -> None:
        pinned, own = held.order.receipts_key, self._receipts_key
        if held.status is OrderStatus.RUNNING and own and pinned not in (None, own):
            raise OtherReceiptsKey(held.order.deployment_id)

    def _advanced(self, held: HeldOrder, lifts: str | None) -> OrderProgress:
        name = held.order.deployment_id
        before = self._progress.get(name)
        lifted = frozenset((lifts,) if lifts else ()) | (before.lifted if before else frozenset())
        is_over = held.status is OrderStatus.ENDED
        following = OrderProgress(
            order_hash=held.order_hash,
            status=held.status,
            serial=held.serial,
            lifted=lifted,
            # Nobody is searched for under an order that has ended, and nothing follows.
            withdrawn=frozenset() if is_over else held.withdrawn,
        )
        if before is None or before == following:
            return following
        if before.order_hash != held.order_hash:
            raise Refused(f"order {name}: another order has this name")
        if held.serial <= before.serial:
            raise RolledBack(f"order {name}: {before.passed}")
        if before.status is OrderStatus.ENDED:
            raise Refused(f"order {name}: it has ended")
        if not (is_over or before.withdrawn <= following.withdrawn):
            raise Refused(f"order {name}: its state brings back somebody who was withdrawn")
        return following
