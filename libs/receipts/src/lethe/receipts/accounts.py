"""The sums that must come out: frames, faces, copies, ages."""

from lethe.receipts.entries import ENROLMENT, MinuteCounted, OrderInForce, SlotClosed, SlotGranted
from lethe.receipts.errors import Refuted

_CLOCK_STEP_MS = 60_000
"""Times in a log run on from its beginning: a clock that was set in between disagrees."""

_TICKET_MS = 450
"""How long before its grant a ticket may have been sent: the life of a copy counts from that.

purge takes tickets that are 400 ms old, and 50 ms ahead of its clock.
"""

_KEYS_OF_CAMERA, _COPIES_OF_CAMERA = 3, 6
"""For frames, for probes and, while somebody looks, for views, each held by two."""


def require_adds_up(said: SlotClosed, granted: SlotGranted | None, *, is_own: bool) -> None:
    """Check the sums of a closing.

    Parameters
    ----------
    granted
        None where its slot isn't in the file.
    is_own
        Whether its slot was granted in the same log; another instance may have heard of some
        of its copies only, or its granter died before it sent them all.

    Raises
    ------
    Refuted
        Naming the sum that doesn't come out.
    """
    if said.offered != said.captured + said.dropped:
        raise Refuted(
            f"{said.offered} frames offered, but {said.captured} captured and "
            f"{said.dropped} dropped"
        )
    ended = said.processed + said.expired + said.lost
    if said.captured != ended:
        raise Refuted(f"{said.captured} frames captured, but {ended} ended")
    if granted is None:
        return
    if is_own and said.lapsed and said.at_ms < granted.deadline_ms - _TICKET_MS:
        raise Refuted(f"{said.lapsed} copies lapsed before their deadline")
    copies = said.copies_told
    if copies > granted.copies or (is_own and copies != granted.copies):
        raise Refuted(f"{granted.copies} copies granted, but {copies} told of")


def require_in_budget(said: SlotClosed, budget_ms: int) -> None:
    """Check that a slot was forgotten in time.

    Raises
    ------
    Refuted
        If a copy is open or something lived too long.
    """
    if said.open:
        raise Refuted(f"over budget: nothing is known of {said.open} copies")
    if said.oldest_age_ms > budget_ms:
        raise Refuted(f"over budget: something lived {said.oldest_age_ms} ms of {budget_ms}")


def require_faces_add_up(said: MinuteCounted) -> None:
    """Check the sum of a minute's faces.

    Raises
    ------
    Refuted
        If it doesn't come out.
    """
    ended = said.faces_erased + said.faces_rescued + said.faces_expired
    if said.faces_seen != ended:
        raise Refuted(f"{said.faces_seen} faces seen, but {ended} ended")


def require_order_covers(said: SlotGranted, order: OrderInForce | None) -> None:
    """Check that keys were granted under an order that was said to be in force.

    Raises
    ------
    Refuted
        If there is none, or another, or it was outside its window.
    """
    if said.deployment == ENROLMENT:
        if said.order_hash:
            raise Refuted("keys for enrolment name an order")
        return
    if order is None or order.order_hash != said.order_hash:
        raise Refuted(f"keys for {said.deployment} under an order that wasn't said to be in force")
    earliest, latest = order.starts_ms - _CLOCK_STEP_MS, order.ends_ms + _CLOCK_STEP_MS
    if not earliest <= said.at_ms < latest:
        raise Refuted(f"keys for {said.deployment} outside the window of its order")
    most = _KEYS_OF_CAMERA * order.cameras, _COPIES_OF_CAMERA * order.cameras
    if said.key_count > most[0] or said.copies > most[1]:
        raise Refuted(
            f"{said.key_count} keys in {said.copies} copies for {order.cameras} cameras: "
            f"at most {most[0]} in {most[1]}"
        )
