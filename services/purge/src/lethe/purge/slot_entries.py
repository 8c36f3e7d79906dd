"""What is said of a slot: which keys were granted, and how they and its frames ended."""

from collections.abc import Sequence

from lethe.contracts.keys import GrantedKey, KeyGranted
from lethe.purge.copies import Ending
from lethe.purge.slots import ClosedSlot
from lethe.receipts.entries import ENROLMENT, SlotClosed, SlotGranted
from lethe.receipts.granted import GrantedLeaf, granted_root

UNDATED = 0
"""Entries get their times when they are written."""


def by_slot(granted: Sequence[KeyGranted]) -> dict[tuple[str, str], list[GrantedKey]]:
    """Return every granted copy by its slot and the deployment it is for, slots in a row."""
    found: dict[tuple[str, str], list[GrantedKey]] = {}
    for named in sorted((n for each in granted for n in each.keys), key=lambda n: n.after_ms):
        found.setdefault((named.slot, named.deployment_id or ENROLMENT), []).append(named)
    return found


def slot_granted(deployment: str, named: list[GrantedKey], deadline_ms: int) -> SlotGranted:
    """Say which keys were drawn for a deployment in a slot, over all copies of them.

    Parameters
    ----------
    deadline_ms
        When keys of a slot that begins at once are gone.
    """
    # The same key stands in the grants of all its holders.
    drawn = {(each.lane, each.purpose.value, each.commitment) for each in named}
    return SlotGranted(
        at_ms=UNDATED,
        deployment=deployment,
        order_hash=named[0].order_hash,
        slot=named[0].slot,
        key_count=len(drawn),
        copies=len(named),
        keys_root=granted_root(GrantedLeaf(*each) for each in drawn).hex(),
        deadline_ms=deadline_ms + named[0].after_ms,
        after_ms=named[0].after_ms,
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
