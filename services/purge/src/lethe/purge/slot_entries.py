"""What is said of a slot: which keys were granted, and how they and its frames ended."""

from collections.abc import Sequence

from lethe.contracts.keys import GrantedKey, KeyGranted
from lethe.purge.copies import Ending
from lethe.purge.slots import ClosedSlot
from lethe.receipts.entries import ENROLMENT, SlotClosed, SlotGranted
from lethe.receipts.granted import GrantedLeaf, granted_root

UNDATED = 0
"""Entries get their times when they are written."""


def by_deployment(granted: Sequence[KeyGranted]) -> dict[str, list[GrantedKey]]:
    """Return every granted copy by the deployment it is for."""
    found: dict[str, list[GrantedKey]] = {}
    for each in granted:
        for named in each.keys:
            found.setdefault(named.deployment_id or ENROLMENT, []).append(named)
    return found


def slot_granted(
    slot: str, deployment: str, named: list[GrantedKey], deadline_ms: int
) -> SlotGranted:
    """Say which keys were drawn for a deployment, over all copies of them."""
    # The same key stands in the grants of all its holders.
    drawn = {(each.lane, each.purpose.value, each.commitment) for each in named}
    return SlotGranted(
        at_ms=UNDATED,
        deployment=deployment,
        order_hash=named[0].order_hash,
        slot=slot,
        key_count=len(drawn),
        copies=len(named),
        keys_root=granted_root(GrantedLeaf(*each) for each in drawn).hex(),
        deadline_ms=deadline_ms,
    )


def slot_closed(closed: ClosedSlot) -> SlotClosed:
    """Say how the copies of a slot's keys ended, and what became of its frames."""
    tally = closed.tally
    return SlotClosed(
        at_ms=UNDATED,
        deployment=closed.deployment_id,
        slot=closed.slot,
        acknowledged=closed.endings[Ending.ACKNOWLEDGED],
        dead=closed.endings[Ending.DEAD],
        lapsed=closed.endings[Ending.LAPSED],
        open=closed.endings[Ending.OPEN],
        offered=tally.offered,
        captured=tally.captured,
        dropped=tally.dropped,
        processed=tally.processed,
        expired=tally.expired,
        lost=tally.lost,
        oldest_age_ms=tally.oldest_age_ms,
    )
