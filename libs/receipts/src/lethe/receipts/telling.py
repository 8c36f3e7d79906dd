"""What a verdict says to people: lines for a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from lethe.receipts.totals import Totals
from lethe.receipts.verifying import Verdict
from lethe.receipts.words import many

_MILLION = 1_000_000
_MOST_LISTED = 8


def verdict_lines(verdict: Verdict, *, has_witness: bool) -> Iterator[str]:
    """Say what was verified, and what that doesn't show."""
    names = ", ".join(signer.name for signer in verdict.signers)
    good = "WARNING, not good" if verdict.is_doubtful else "good"
    yield (
        f"{good}: {many(verdict.logs, 'log')}, {many(verdict.entries, 'entry', 'entries')}, "
        f"{many(verdict.checkpoints, 'checkpoint')} signed by {names}"
    )
    closed = sum(each.closed for each in verdict.totals.values())
    oldest = max((each.oldest_age_ms for each in verdict.totals.values()), default=0)
    yield f"slots granted {verdict.granted:,}, closed {closed:,}; oldest erasure age {oldest} ms"
    yield from _pinned(verdict)
    if verdict.cosignatures:
        yield f"cosignatures of the witnesses that were named: {verdict.cosignatures:,}"
    for remark in verdict.remarks:
        yield f"note: {remark}"
    if verdict.is_doubtful:
        yield "WARNING: slots without an end are more than a purge that stops or crashes leaves"
    if has_witness:
        yield from _unwitnessed(verdict.unwitnessed)
    else:
        yield "note: without a witness's checkpoint, entries cut off at the end can't be noticed"
    if verdict.trusts_file:
        yield "WARNING: the key stood in the file itself, so anybody may have written all of it"


def _pinned(verdict: Verdict) -> Iterator[str]:
    """Say which orders name the key, as far as the log tells them truly."""
    orders = [each.order for each in verdict.totals.values() if each.order is not None]
    pinning = sum(bool(order.receipts_key) for order in orders)
    if pinning:
        yield (
            f"the key is pinned by {pinning:,} of {many(len(orders), 'order')}, as the log says: "
            "hold that against an order that you have from whoever signed it"
        )
    elif orders:
        yield "note: no order pins the key; that it is the right one you know by another way"


def _unwitnessed(logs: list[tuple[str, int, int]]) -> Iterator[str]:
    for origin, seen, size in logs[:_MOST_LISTED]:
        yield f"note: log {origin}: no witness saw what follows entry {seen:,} of {size:,}"
    if len(logs) > _MOST_LISTED:
        yield f"note: no witness saw the end of {many(len(logs) - _MOST_LISTED, 'more log')}"


def summary_lines(totals: dict[str, Totals]) -> Iterator[str]:
    """Say what the receipts of each deployment add up to."""
    for deployment, each in totals.items():
        yield ""
        yield from _deployment(deployment, each)


def _deployment(deployment: str, totals: Totals) -> Iterator[str]:
    yield f"deployment {deployment}" if deployment else "enrolment of watchlist images"
    order = totals.order
    if order is not None:
        yield (
            f"  order      {order.order_hash[:16]} ({order.order_type}), "
            f"{many(order.cameras, 'camera')}, "
            f"threshold {order.threshold_millionths / _MILLION:g}"
        )
        yield f"  key        {order.receipts_key or 'not pinned by the order'}"
        yield f"  models     {_digests(totals.models)}"
        yield f"  holders    {_digests(totals.holders)}"
    if totals.first_ms is not None:
        yield f"  from       {_time(totals.first_ms)} to {_time(totals.last_ms)}"
    if totals.first_ms is None and (totals.alerts or totals.watchlists):
        # A log of later: what a deployment raised and searched outlives it.
        yield from _erasures(totals)
        return
    yield f"  software   {_digests(totals.software)}"
    yield f"  slots      {totals.granted:,} granted, {totals.closed:,} closed, {totals.keys:,} keys"
    yield f"  copies     {_counts(totals.copies)}"
    if deployment:
        yield f"  frames     {_counts(totals.frames)}"
        if totals.dropped_without_key:
            yield f"             {totals.dropped_without_key:,} more dropped without a key in hand"
        yield f"  oldest     {totals.oldest_age_ms} ms from capture to the last erasure"
        yield f"  faces      {_counts(totals.faces)}"
        if totals.uncounted:
            slots = many(totals.uncounted, "slot")
            yield f"             those of {slots} not told: a log ended before their minute did"
        yield f"  per minute {_per_minute(totals)}"
        if totals.withdrawn:
            yield f"  withdrawn  {many(totals.withdrawn, 'subject')} of the watchlist"
    yield from _erasures(totals)
    for at_ms, step, reason in totals.steps:
        yield f"  {step:<10} {_time(at_ms)}: {reason}"
    if totals.steps_told > len(totals.steps):
        yield f"             {many(totals.suspensions, 'suspension')} in all"


def _erasures(totals: Totals) -> Iterator[str]:
    if totals.alerts:
        yield f"  alerts     {_erased(totals.alerts)}"
    if totals.watchlists:
        yield f"  watchlists {_erased(totals.watchlists)}"
    if totals.promises:
        yield f"  their keys {_numbered(totals.promises)}, as the key store promises"


def _erased(known: dict[str, str]) -> str:
    return f"{len(known):,} erased: {_numbered(known)}"


def _numbered(known: dict[str, str]) -> str:
    numbers = sorted(Counter(known.values()).items())
    return ", ".join(f"{count:,} {each}" for each, count in numbers)


def _per_minute(totals: Totals) -> str:
    minutes = totals.minutes
    mean = f"{totals.faces['seen'] / minutes:.1f} faces" if minutes >= 1 else "less than a minute"
    return f"{mean}; busiest {many(totals.busiest, 'face')}"


def _digests(digests: Iterable[str]) -> str:
    """Say which there were, the last ones first."""
    known = [digest[:16] for digest in reversed(tuple(digests))]
    left_out = len(known) - _MOST_LISTED
    more = [f"{left_out:,} more"] if left_out > 0 else []
    return ", ".join([*known[:_MOST_LISTED], *more]) or "not told"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _time(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")[:19] + "Z"
    except (OverflowError, ValueError, OSError):
        return f"{at_ms} ms"
