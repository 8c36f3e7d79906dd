"""The custodian: draws slot keys, grants each once, keeps none."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from lethe.contracts.errors import Refused
from lethe.contracts.instants import Instant
from lethe.contracts.keys import GrantedKey, KeyGranted, Role
from lethe.contracts.orders import DeploymentOrder
from lethe.contracts.sealed import ENROLMENT_LANE, Purpose
from lethe.contracts.topic import partition_for
from lethe.purge.grant_draft import GrantDraft
from lethe.shredding.clock import Clock, instant
from lethe.shredding.keytraffic import SLOT_MS, SLOTS_PER_TICKET
from lethe.shredding.memory import wipe, wipe_bytes
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.ownership import HeardTicket, HolderName, Holders, holder_name
from lethe.shredding.slotkeys import KEY_BYTES, commitment
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.wrapping import wrap

Entropy = Callable[[int], bytes]
_STALE_US = 400_000
_FUTURE_US = 50_000
_LACKING_US = 3_000_000
"""A list that was just enrolled is told of within half a second; one of many thousands rests before
match makes its hash, and is lacking meanwhile."""
_CAMERA_ROLES = (Role.INGEST, Role.DETECT, Role.MATCH)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One of the slots in a row that tickets are answered with."""

    name: str
    after_ms: int


class Custodian:
    """Makes the keys of some slots only with the tickets of all who need them in hand.

    And only for cameras whose faces could be searched for: nobody's face is captured for nothing.

    Parameters
    ----------
    orders
        Checked for every slot: no live order for a camera, no key for it.
    suspensions
        Checked whenever keys are made: a suspended deployment gets none.
    term
        Names this custodian's reign; slots are numbered within it.
    slots
        For how many slots in a row keys are made at a time.
    entropy
        Where key bytes come from.
    """

    def __init__(
        self,
        orders: OrderBook,
        suspensions: Suspensions,
        clock: Clock,
        *,
        term: str,
        slots: int = SLOTS_PER_TICKET,
        entropy: Entropy = os.urandom,
    ) -> None:
        self.term = term
        self._orders = orders
        self._suspensions = suspensions
        self._clock = clock
        self._slots = slots
        self._entropy = entropy
        self._holders = Holders()
        self._slot_number = 0
        self._lacking: tuple[Instant, str] | None = None

    def hear(self, heard: HeardTicket) -> bool:
        """Take a verified ticket; tell whether it is new and fresh enough to be granted to.

        A ticket that was long under way is worth nothing, and one that seems to come from the
        future or far past betrays a clock that isn't ours: its sender gets no keys until its
        clock agrees. The keys' life doesn't depend on that, only timestamps do.
        """
        ticket = heard.ticket
        age_us = heard.received.since_us(ticket.sent)
        if not self._holders.hear(heard):
            return False
        if not -_FUTURE_US <= age_us <= _STALE_US:
            self._holders.forget(ticket)
            return False
        return True

    def is_needed(self) -> bool:
        """Tell whether there is anything to make keys for."""
        now = instant(self._clock)
        return bool(self._live_lanes(now)) or self._wants_enrolment(now)

    def is_ready(self) -> bool:
        """Tell whether every camera that can be searched and the enrolment lane are served now."""
        if not self._holders.has_unused(Role.DETECT, Role.MATCH):
            # Nothing is served without them.
            return False
        now = instant(self._clock)
        needs = [
            owners
            for camera_id, held in self._live_lanes(now).items()
            if not (owners := self._owners(camera_id, now)) or _can_search(owners, held.order)
        ]
        needs += [self._enrolment_owners(now)] if self._wants_enrolment(now) else []
        return bool(needs) and all(owners for owners in needs)

    def make(self) -> list[KeyGranted]:
        """Draw the keys of the next slots for every lane whose owners' tickets are in hand.

        No key of one slot follows from another's, and each has the life of its own slot.

        Returns
        -------
        list of KeyGranted
            One grant per ticket. Afterwards the custodian knows none of the keys.
        """
        now = instant(self._clock)
        drafts: dict[HolderName, GrantDraft] = {}
        try:
            for ahead in range(self._slots):
                name = f"{self.term}-{self._slot_number + 1 + ahead}"
                self._draw_all(drafts, _Slot(name, ahead * SLOT_MS), now)
            made = [self._grant(draft, now) for draft in drafts.values()]
        finally:
            for draft in drafts.values():
                wipe(memoryview(draft.secret))
        granted = [grant for grant in made if grant is not None]
        # Numbers have no gaps, so that a slot without a receipt would be missed.
        self._slot_number += len({named.slot for grant in granted for named in grant.keys})
        return granted

    def _draw_all(self, drafts: dict[HolderName, GrantDraft], slot: _Slot, now: Instant) -> None:
        lacking: list[str] = []
        cameras = 0
        for camera_id, held in self._live_lanes(now, slot.after_ms).items():
            owners = self._owners(camera_id, now)
            if owners and not _can_search(owners, held.order):
                lacking.append(held.order.deployment_id)
            elif owners:
                looker = self._looker(camera_id, now)
                self._draw_camera(drafts, slot, camera_id, held, owners, looker)
                cameras += 1
        self._note_lacking(lacking, cameras, now)
        if self._wants_enrolment(now):
            owners = self._enrolment_owners(now)
            if owners:
                self._draw_enrolment(drafts, slot, owners)

    def _note_lacking(self, deployments: list[str], cameras: int, now: Instant) -> None:
        if cameras or not self._orders.live_orders(now.wall_us):
            self._lacking = None
        elif deployments and self._lacking is None:
            self._lacking = now, deployments[0]

    def lacking(self) -> str | None:
        """Return a deployment for which nothing is captured, since match lacks its watchlist.

        None while a camera of any can be searched, and for some seconds after an order is heard.
        """
        if self._lacking is None:
            return None
        since, deployment_id = self._lacking
        is_long = instant(self._clock).since_us(since) > _LACKING_US
        return deployment_id if is_long else None

    def _draw_camera(
        self,
        drafts: dict[HolderName, GrantDraft],
        slot: _Slot,
        camera_id: str,
        held: HeldOrder,
        owners: list[HeardTicket],
        looker: HeardTicket | None,
    ) -> None:
        ingest, detect, match = owners
        recipients = {Purpose.FRAME: (ingest, detect), Purpose.PROBE: (detect, match)}
        if looker is not None:
            recipients[Purpose.VIEW] = (detect, looker)
        for purpose, holders in recipients.items():
            self._draw(drafts, slot, holders, camera_id, purpose, held)

    def _draw_enrolment(
        self, drafts: dict[HolderName, GrantDraft], slot: _Slot, owners: list[HeardTicket]
    ) -> None:
        alert, detect, *matches = owners
        self._draw(drafts, slot, (alert, detect), ENROLMENT_LANE, Purpose.REFERENCE_IMAGE)
        self._draw(drafts, slot, (detect, *matches), ENROLMENT_LANE, Purpose.REFERENCE_TEMPLATE)

    def _draw(
        self,
        drafts: dict[HolderName, GrantDraft],
        slot: _Slot,
        holders: tuple[HeardTicket, ...],
        lane: str,
        purpose: Purpose,
        held: HeldOrder | None = None,
    ) -> None:
        slot_key = self._entropy(KEY_BYTES)
        try:
            named = GrantedKey(
                slot=slot.name,
                after_ms=slot.after_ms,
                lane=lane,
                purpose=purpose,
                deployment_id=held.order.deployment_id if held else "",
                order_hash=held.order_hash if held else "",
                commitment=commitment(slot_key),
                withdrawn=held.withdrawn_hash if held else "",
            )
            for heard in holders:
                name = holder_name(heard.ticket)
                drafts.setdefault(name, GrantDraft(heard)).add(slot_key, named)
        finally:
            wipe_bytes(slot_key)

    def _grant(self, draft: GrantDraft, now: Instant) -> KeyGranted | None:
        ticket = draft.heard.ticket
        self._holders.use(draft.heard)
        grant = KeyGranted(
            term=self.term,
            slot=draft.named[0].slot,
            made=now,
            holder=ticket.instance_id,
            boot=ticket.boot,
            role=ticket.role,
            ticket_sequence=ticket.sequence,
            ticket_hash=draft.heard.ticket_hash,
            keys=draft.named,
            sealed=b"",
        )
        secret = memoryview(draft.secret)
        try:
            sealed = wrap(secret, ticket.public_key, grant.binding())
        except Refused:
            # A public key that can't be used costs its owner the slot and nobody else anything.
            self._holders.forget(ticket)
            return None
        finally:
            wipe(secret)
        return grant.model_copy(update={"sealed": sealed})

    def _live_lanes(self, now: Instant, after_ms: int = 0) -> dict[str, HeldOrder]:
        """Return the cameras that may be captured now and still when a slot begins."""
        begins_us = now.wall_us + after_ms * 1000
        return {
            camera_id: held
            for camera_id, held in self._orders.live_lanes(now.wall_us).items()
            if not self._suspensions.is_suspended(held.order.deployment_id)
            and held.is_live(begins_us)
        }

    def _owners(self, lane: str, now: Instant) -> list[HeardTicket]:
        """Return the lane's owners in ingest, detect and match, or nothing if one is missing."""
        partition = partition_for(lane)
        return self._complete([self._holders.owner(r, partition, now) for r in _CAMERA_ROLES], now)

    def _looker(self, lane: str, now: Instant) -> HeardTicket | None:
        """Return the leading alert if somebody looks at a camera there and it can be granted to.

        Nobody waits for its ticket: a slot without it has no view.
        """
        alert = self._holders.leading_alert(now)
        if alert is None or lane not in alert.ticket.looks:
            return None
        return alert if self._holders.is_unused(alert, now) else None

    def _wants_enrolment(self, now: Instant) -> bool:
        return any(h.ticket.enrols for h in self._holders.of_role(Role.ALERT, now))

    def _enrolment_owners(self, now: Instant) -> list[HeardTicket]:
        alerts = [h for h in self._holders.of_role(Role.ALERT, now) if h.ticket.enrols]
        detect = self._holders.owner(Role.DETECT, partition_for(ENROLMENT_LANE), now)
        matches = self._holders.of_role(Role.MATCH, now)
        return self._complete([*alerts[:1], detect, *matches], now) if matches else []

    def _complete(self, owners: list[HeardTicket | None], now: Instant) -> list[HeardTicket]:
        complete = [h for h in owners if h is not None and self._holders.is_unused(h, now)]
        return complete if len(complete) == len(owners) else []


def _can_search(owners: list[HeardTicket], order: DeploymentOrder) -> bool:
    """Tell whether what is captured for ingest, detect and match could be searched under an order.

    match must hold exactly what the order names, of no more people than it says, and of the model
    pack that detect makes probes with.
    """
    _, detect, match = (owner.ticket for owner in owners)
    wanted = (order.watchlist_id, order.watchlist_hash, detect.model)
    return any(
        (each.watchlist_id, each.content_hash, each.model) == wanted
        and each.subjects <= order.watchlist_size
        for each in match.lists
    )
